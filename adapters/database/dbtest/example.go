package dbtest

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// Example runs what takes a [testing.TB] where there is none: in an Example function, whose output says what happened.
// A failure is printed, so that the output is not the expected one; what is only logged is not. What the test kit
// skips is skipped without a word.
func Example(run func(t testing.TB)) {
	ctx, cancel := context.WithCancel(context.Background())
	e := &example{ctx: ctx}
	done := make(chan struct{})
	go func() { // FailNow ends the goroutine, as in a test
		defer close(done)
		run(e)
	}()
	<-done
	cancel()
	for _, cleanup := range slices.Backward(e.cleanups) {
		cleanup()
	}
}

// example is as much of a test as the kit needs. Another method would meet the nil that is embedded.
type example struct {
	testing.TB
	ctx context.Context

	mu       sync.Mutex
	cleanups []func()
	failed   bool
}

func (e *example) Helper()                  {}
func (e *example) Name() string             { return "Example" }
func (e *example) Context() context.Context { return e.ctx }
func (e *example) Log(...any)               {}
func (e *example) Logf(string, ...any)      {}

func (e *example) Cleanup(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cleanups = append(e.cleanups, f)
}

func (e *example) TempDir() string {
	dir, err := os.MkdirTemp("", "fasttrack-example-")
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (e *example) Fail() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failed = true
}

func (e *example) Failed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failed
}

func (e *example) FailNow() {
	e.Fail()
	runtime.Goexit()
}

func (e *example) Error(args ...any) {
	e.Fail()
	fmt.Println(args...)
}

func (e *example) Errorf(format string, args ...any) { e.Error(fmt.Sprintf(format, args...)) }

func (e *example) Fatal(args ...any) {
	e.Error(args...)
	runtime.Goexit()
}

func (e *example) Fatalf(format string, args ...any) { e.Fatal(fmt.Sprintf(format, args...)) }

func (e *example) Skip(...any)          { runtime.Goexit() }
func (e *example) Skipf(string, ...any) { runtime.Goexit() }
func (e *example) SkipNow()             { runtime.Goexit() }
func (e *example) Skipped() bool        { return false }
