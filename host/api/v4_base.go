package api

import (
	"math/big"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// maxDigits bounds what is converted from one base to another: the work grows with
// the square of it.
const maxDigits = 1000

// base62Digits are in the order of their values, which is also that of math/big.
const base62Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// numberView is a number in both bases: one as it was sent, the other converted.
type numberView struct {
	Base62 string `json:"base62"`
	Base16 string `json:"base16"`
}

func (v v4) toBase16(c *fiber.Ctx) error {
	sent, err := queryText(c, "base62")
	if err != nil {
		return err
	}
	n, ok := parseNumber(sent, 62, base62Digits)
	if !ok {
		return invalid("Failed converting from base62 to base16: base62 must have the digits 0-9, a-z and A-Z, up to 1000")
	}
	return reply(c, http.StatusOK, numberView{Base62: sent, Base16: n.Text(16)})
}

func (v v4) toBase62(c *fiber.Ctx) error {
	sent, err := queryText(c, "base16")
	if err != nil {
		return err
	}
	n, ok := parseNumber(sent, 16, "0123456789abcdefABCDEF")
	if !ok {
		return invalid("Failed converting from base16 to base62: base16 must have the digits 0-9 and a-f, up to 1000")
	}
	return reply(c, http.StatusOK, numberView{Base62: n.Text(62), Base16: sent})
}

// parseNumber reads a number that has no sign. No digits are 0, as in Butler.
func parseNumber(text string, base int, digits string) (*big.Int, bool) {
	if len(text) > maxDigits || strings.Trim(text, digits) != "" {
		return nil, false
	}
	return new(big.Int).SetString("0"+text, base)
}
