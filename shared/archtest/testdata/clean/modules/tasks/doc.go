// Package tasks is a module as it should be.
package tasks
