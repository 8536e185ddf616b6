// Package telemetry tells operators what the program does: metrics for Prometheus, traces for OpenTelemetry, and the ids
// that tie lines of the log to them. It is the only place that knows either; everybody else offers small hooks.
//
// Labels have few values, none of them chosen by a client: no ids, no paths but the templates of routes, no texts of SQL.
// Traces hold no values either. Both are handed out by what [NewMetrics] and [NewTracing] return; nothing is global.
package telemetry
