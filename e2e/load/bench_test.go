package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// BenchmarkProgram does what the load does, one after the other, on the whole program in this process: its allocations
// are those of a request, with a client that makes few.
func BenchmarkProgram(b *testing.B) {
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		b.Run(string(dialect), func(b *testing.B) {
			url := dbtest.URL(b, dialect)
			p := harness.Start(b, url)
			w, err := newWorld(p.URL, url)
			if err != nil {
				b.Fatal(err)
			}
			defer w.close()
			if err := w.fill(b.Context(), 10_000); err != nil {
				b.Fatal(err)
			}
			operations, err := w.operations()
			if err != nil {
				b.Fatal(err)
			}
			for _, op := range operations {
				b.Run(strings.ReplaceAll(op.name, " ", "_"), func(b *testing.B) { repeat(b, p.URL, op) })
			}
		})
	}
}

func repeat(b *testing.B, url string, op operation) {
	c, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	answers := bufio.NewReader(c)
	b.ReportAllocs()
	began := processorTime(b)
	defer func() { b.ReportMetric(float64(processorTime(b)-began)/float64(b.N)/1e3, "cpu-µs/op") }()
	for b.Loop() {
		if _, err := c.Write(op.request(sent.Add(1))); err != nil {
			b.Fatal(err)
		}
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			b.Fatal(err)
		}
		if answer.StatusCode != op.status {
			b.Fatal(answer.Status)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
	}
}

// processorTime is what this process has taken of the processors, in nanoseconds. Unlike the time on the clock it hardly
// depends on what else the machine does.
func processorTime(b *testing.B) int64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}
