package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// report is what was measured, and on what.
type report struct {
	At           time.Time     `json:"at"`
	Go           string        `json:"go"`
	Processors   int           `json:"processors"`
	Each         string        `json:"each"`
	Measurements []measurement `json:"measurements"`
}

func newReport(p plan) *report {
	return &report{At: time.Now().UTC(), Go: runtime.Version(), Processors: runtime.NumCPU(), Each: p.each.String()}
}

func (r *report) head(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%s, %d processors for the program, the database and the load; each for %s.\n"+
		"bare: net/http and the driver doing the same read; ratio: of the requests a second.\n\n", r.Go, r.Processors, r.Each)
	_, _ = fmt.Fprintf(w, "%-9s %8s  %-24s %7s %9s %8s %8s %8s %7s %9s %7s %6s %s\n", "database", "tasks", "operation",
		"clients", "per s", "p50 ms", "p95 ms", "p99 ms", "cpu µs", "bare", "cpu µs", "ratio", "errors")
}

func (r *report) add(w io.Writer, m measurement) {
	r.Measurements = append(r.Measurements, m)
	floor, cpu, ratio := "–", "–", "–"
	if m.Floor > 0 {
		floor, cpu = fmt.Sprintf("%.0f", m.Floor), fmt.Sprintf("%.0f", m.FloorCPU)
		ratio = fmt.Sprintf("%.0f %%", 100*m.Ratio)
	}
	_, _ = fmt.Fprintf(w, "%-9s %8d  %-24s %7d %9.0f %8.2f %8.2f %8.2f %7.0f %9s %7s %6s %d %s\n", m.Database, m.Tasks,
		m.Operation, m.Clients, m.PerSecond, m.P50, m.P95, m.P99, m.CPU, floor, cpu, ratio, m.Errors, m.Error)
}

func (r *report) writeJSON(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600) //nolint:gosec // where it was told to
}
