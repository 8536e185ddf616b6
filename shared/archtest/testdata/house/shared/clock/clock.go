package clock

import "fmt"

//go:generate true

// IClock is a habit of other languages.
type IClock interface{ Now() string } // want "names"

// IDs is no such habit, and neither is Impl inside a name.
type IDs interface{ Implied() string }

type ClockImpl struct{} // want "names"

func (ClockImpl) TellUseCase() {} // want "names"

var clockImpl, OtherImpl any // want "names"

func tell(c IClock) {
	fmt.Print(c) /* want "process" */ /* want "nolint" */ //nolint:forbidigo
	fmt.Print(c) //nolint // want "nolint" "process"
	fmt.Print(c) //nolint:forbidigo // it has a reason, which does not make it right // want "process"
	fmt.Print(c) // nolint: all of them // want "nolint" "process"
}
