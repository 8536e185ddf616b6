package main

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"os"
	"slices"
	"strings"
)

// The plot has one panel for each database and number of clients: how long an operation takes at the median, by how
// many tasks there are. Both axes are logarithmic; a flat line is what is wanted.
const (
	panelWidth, panelHeight = 420, 300
	marginLeft, marginTop   = 60, 40
	innerWidth, innerHeight = 330, 200
	legendHeight            = 24
)

var colors = []string{"#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#222222"}

func (r *report) writeSVG(path string) error { return os.WriteFile(path, []byte(r.svg()), 0o600) } //nolint:gosec // where it was told to

func (r *report) svg() string {
	databases := distinct(r.Measurements, func(m measurement) string { return m.Database })
	clients := distinct(r.Measurements, func(m measurement) int { return m.Clients })
	operations := distinct(r.Measurements, func(m measurement) string { return m.Operation })
	width, height := panelWidth*max(1, len(clients)), panelHeight*max(1, len(databases))+legendHeight*((len(operations)+3)/4)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">`+
		`<rect width="100%%" height="100%%" fill="white"/>`, width, height)
	scale := scaleOf(r.Measurements)
	for row, database := range databases {
		for column, n := range clients {
			fmt.Fprintf(&b, `<g transform="translate(%d %d)">`, column*panelWidth, row*panelHeight)
			scale.frame(&b, fmt.Sprintf("%s, %d clients: median in ms by number of tasks", database, n))
			for i, operation := range operations {
				var points []string
				for _, m := range r.Measurements {
					if m.Database == database && m.Clients == n && m.Operation == operation {
						points = append(points, fmt.Sprintf("%.1f,%.1f", scale.x(float64(m.Tasks)), scale.y(m.P50)))
					}
				}
				color := colors[i%len(colors)]
				fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`, color, strings.Join(points, " "))
				for _, p := range points {
					x, y, _ := strings.Cut(p, ",")
					fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="3" fill="%s"/>`, x, y, color)
				}
			}
			b.WriteString(`</g>`)
		}
	}
	for i, operation := range operations {
		x, y := marginLeft+i%4*max(200, (width-marginLeft)/4), panelHeight*max(1, len(databases))+i/4*legendHeight+12
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="12" height="4" fill="%s"/><text x="%d" y="%d">%s</text>`,
			x, y-4, colors[i%len(colors)], x+18, y, html.EscapeString(operation))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// scale turns numbers into places; its ends are powers of ten.
type scale struct{ left, right, bottom, top float64 }

func scaleOf(all []measurement) scale {
	s := scale{math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)}
	for _, m := range all {
		x, y := math.Log10(float64(m.Tasks)), math.Log10(max(m.P50, 0.01))
		s = scale{min(s.left, x), max(s.right, x), min(s.bottom, y), max(s.top, y)}
	}
	if len(all) == 0 {
		return scale{0, 1, 0, 1}
	}
	return scale{math.Floor(s.left), math.Ceil(s.right + 0.01), math.Floor(s.bottom), math.Ceil(s.top + 0.01)}
}

func (s scale) x(v float64) float64 {
	return marginLeft + innerWidth*(math.Log10(v)-s.left)/(s.right-s.left)
}

func (s scale) y(v float64) float64 {
	return marginTop + innerHeight*(1-(math.Log10(max(v, 0.01))-s.bottom)/(s.top-s.bottom))
}

func (s scale) frame(b *strings.Builder, title string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`, marginLeft, marginTop-14, html.EscapeString(title))
	for e := s.left; e <= s.right; e++ {
		x := s.x(math.Pow(10, e))
		fmt.Fprintf(b, `<path d="M%.1f %d v%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%.0f</text>`,
			x, marginTop, innerHeight, x, marginTop+innerHeight+16, math.Pow(10, e))
	}
	for e := s.bottom; e <= s.top; e++ {
		y := s.y(math.Pow(10, e))
		fmt.Fprintf(b, `<path d="M%d %.1f h%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g</text>`,
			marginLeft, y, innerWidth, marginLeft-6, y+4, math.Pow(10, e))
	}
}

// distinct returns the different values, in the order in which they come first.
func distinct[K cmp.Ordered](all []measurement, of func(measurement) K) (values []K) {
	for _, m := range all {
		if v := of(m); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}
