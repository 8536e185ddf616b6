package domain

import (
	_ "net/mail"
	_ "net/netip"
	_ "net/url"

	_ "house/shared/events"
	_ "house/shared/ids"
)

type Label struct{}

type State struct{} // want "fields"

type MemberState struct{}

type state struct{}
