package simulate

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
	"time"
)

// Measures of the picture, in pixels.
const (
	cell       = 28
	left       = 96
	top        = 84
	legend     = 44
	barHeight  = 22
	pictureEnd = left + 24*cell + 24
)

// WriteSVG writes a picture: the load of each hour of the week, and how full pools
// and plugins are. It needs no script and no font of its own.
func (r *Report) WriteSVG(w io.Writer) error {
	lanes := append(append([]LaneReport{}, r.Pools...), r.Plugins...)
	height := top + 7*cell + legend + (len(lanes)+2)*barHeight + 24
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="12">`+"\n",
		pictureEnd, height, pictureEnd, height)
	fmt.Fprintf(&b, `<title>Load of the week</title><rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	fmt.Fprintf(&b, `<text x="16" y="28" font-size="17" font-weight="600">Runs at a time, by hour of the week</text>`+"\n")
	fmt.Fprintf(&b, `<text x="16" y="50" fill="#555555">%s to %s, hours in %s: %d firings, %d runs</text>`+"\n",
		r.local(r.From).Format(time.DateOnly), r.local(r.To).Format(time.DateOnly), html.EscapeString(r.Zone), r.Totals.Firings, r.Totals.Runs)
	r.drawHours(&b)
	drawLanes(&b, lanes, top+7*cell+legend+barHeight)
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) drawHours(b *strings.Builder) {
	most := 0.0
	for _, h := range r.Hours {
		most = max(most, h.Running)
	}
	for hour := range 24 {
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" fill="#555555">%02d</text>`+"\n", left+hour*cell+cell/2, top-8, hour)
	}
	for i, h := range r.Hours {
		x, y := left+(i%24)*cell, top+(i/24)*cell
		if i%24 == 0 {
			fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-8, y+cell/2+4, h.Weekday)
		}
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="%s"><title>%s: %.2f running, peak %d, %.1f firings</title></rect>`+"\n",
			x+1, y+1, cell-2, cell-2, shade(h.Running, most), h.label(), h.Running, h.Peak, h.Firings)
	}
	y := top + 7*cell + 26
	fmt.Fprintf(b, `<text x="%d" y="%d" fill="#555555">none</text>`+"\n", left, y)
	for i := range 6 {
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="20" height="12" fill="%s"/>`+"\n", left+40+i*22, y-10, shade(float64(i), 5))
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" fill="#555555">%.2f</text>`+"\n", left+40+6*22+6, y, most)
}

// shade is a colour between nearly white and dark blue: told apart by lightness
// alone, for those who do not see colours.
func shade(value, most float64) string {
	share := 0.0
	if most > 0 {
		share = math.Sqrt(value / most)
	}
	mix := func(light, dark float64) int { return int(math.Round(light + (dark-light)*share)) }
	return fmt.Sprintf("#%02x%02x%02x", mix(0xee, 0x08), mix(0xf2, 0x3d), mix(0xf7, 0x77))
}

// drawLanes draws the mean use and the share of the time in which all is taken.
func drawLanes(b *strings.Builder, lanes []LaneReport, y int) {
	const width = 12 * cell
	if len(lanes) > 0 {
		fmt.Fprintf(b, `<text x="16" y="%d" font-size="14" font-weight="600">Slots taken in the mean</text>`+"\n", y-8)
	}
	for i, l := range lanes {
		at := y + i*barHeight
		drawName(b, l.Name, at)
		if l.Slots == 0 {
			fmt.Fprintf(b, `<text x="%d" y="%d" fill="#555555">%.2f at a time, no limit</text>`+"\n", left+4*cell, at+15, l.Use)
			continue
		}
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="14" fill="#eef2f7"/><rect x="%d" y="%d" width="%.1f" height="14" fill="#083d77"/>`+"\n",
			left+4*cell, at+4, width, left+4*cell, at+4, math.Min(l.Use, 1)*width)
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="#555555">%s of %d, full %s</text>`+"\n", left+16*cell+8, at+15, percent(l.Use), l.Slots, percent(l.Full))
	}
}

// drawName writes the name of a lane, within the room there is for it: wide letters
// are cut by the picture in the picture.
func drawName(b *strings.Builder, name string, at int) {
	fmt.Fprintf(b, `<svg x="16" y="%d" width="%d" height="%d"><title>%s</title><text x="0" y="15">%s</text></svg>`+"\n",
		at, left+4*cell-16-8, barHeight, html.EscapeString(name), html.EscapeString(short(name)))
}

// short is a name as long as there is room for.
func short(name string) string {
	const most = 28
	letters := []rune(name)
	if len(letters) <= most {
		return name
	}
	return string(letters[:most-1]) + "…"
}
