// Package labels has every file and room, and does nothing wrong.
package labels
