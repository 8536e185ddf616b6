package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Audit is the contract of ports.Audit.
func Audit(t *testing.T, s Stores) {
	at, ada, target := clock.System(), ids.New(), ids.New()
	entry := func(after time.Duration, actor, target *ids.ID, action string) domain.AuditEntry {
		return domain.AuditEntry{
			ID: ids.New(), At: at.Add(after), ActorID: actor, Action: action, TargetType: domain.TargetUser,
			TargetID: target, Origin: domain.Origin{Device: domain.Device{IP: "192.0.2.1"}, RequestID: "r-1"},
			Details: map[string]string{"from": `"ä"`, "to": ""},
		}
	}
	login, logout := entry(0, &ada, &target, domain.AuditLogin), entry(time.Second, &ada, &target, domain.AuditLogout)
	failed := entry(2*time.Second, nil, nil, domain.AuditLoginFailed)
	s.do(t, func(ctx context.Context) error {
		require.NoError(t, s.Audit.Append(ctx))
		require.NoError(t, s.Audit.Append(ctx, logout))
		return s.Audit.Append(ctx, failed, login)
	})
	for name, c := range map[string]struct {
		filter ports.AuditFilter
		want   []domain.AuditEntry
	}{
		"everything, the newest first": {ports.AuditFilter{}, []domain.AuditEntry{failed, logout, login}},
		"what somebody did":            {ports.AuditFilter{ActorID: &ada}, []domain.AuditEntry{logout, login}},
		"one action":                   {ports.AuditFilter{Action: domain.AuditLoginFailed}, []domain.AuditEntry{failed}},
		"from a time on":               {ports.AuditFilter{From: &logout.At}, []domain.AuditEntry{failed, logout}},
		"before a time":                {ports.AuditFilter{To: &logout.At}, []domain.AuditEntry{login}},
		"nothing": {
			ports.AuditFilter{ActorID: &ada, Action: domain.AuditLoginFailed}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []domain.AuditEntry
			request := page.Request{Limit: 1, Sort: page.Sort{Key: "at", Desc: true}}
			for {
				p, err := s.Audit.List(t.Context(), c.filter, request)
				require.NoError(t, err)
				got = append(got, p.Items...)
				if p.Next == nil {
					break
				}
				request.After = p.Next
			}
			require.Equal(t, c.want, got)
		})
	}
}
