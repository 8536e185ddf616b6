package tasks

import "testing"

func TestModule(t *testing.T) { New(Deps{}) }
