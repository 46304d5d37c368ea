package qrssim

import "strconv"

// page gives the bounds, within n rows, of what skip and take ask for.
func page(c *call, n int) (from, to int, ok bool) {
	skip, skipOK := number(c.query.Get("skip"), 0)
	take, takeOK := number(c.query.Get("take"), n)
	from = min(skip, n)
	return from, from + min(take, n-from), skipOK && takeOK
}

// number reads a count, which is absent if the text is empty.
func number(text string, absent int) (int, bool) {
	if text == "" {
		return absent, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}
