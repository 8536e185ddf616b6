// Package domain is all there is of its module.
package domain

import _ "os/exec" // want "domain"

// want modules/hollow: "rooms" "rooms" "rooms" "rooms" "rooms"
