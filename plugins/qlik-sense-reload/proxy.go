package reload

import (
	"errors"
	"regexp"
	"strings"
	"unicode"

	"butlerd/sdk"
)

var (
	prefixPattern = regexp.MustCompile(`^[A-Za-z0-9._~-]*$`)
	headerPattern = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // a token of RFC 9110
	tokenPattern  = regexp.MustCompile(`^[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]*$`)
)

// check tells all that is wrong. It quotes neither value: they are secrets.
func (v *VirtualProxy) check() error {
	errs := []error{v.checkKind()}
	if !prefixPattern.MatchString(v.Prefix) {
		errs = append(errs, sdk.At(errors.New("must be letters, digits and . _ ~ - only, without slashes"), "prefix"))
	}
	if v.HeaderName != "" && !headerPattern.MatchString(v.HeaderName) {
		errs = append(errs, sdk.At(errors.New("is not the name of an HTTP header"), "header_name"))
	}
	if v.HeaderValue != "" && (!isASCII(v.HeaderValue) || hasControl(v.HeaderValue)) {
		errs = append(errs, sdk.At(errors.New("must be ASCII characters, the only ones that Qlik Sense takes in this header"), "header_value"))
	}
	if v.JWT != "" && !tokenPattern.MatchString(v.JWT) {
		errs = append(errs, sdk.At(errors.New("is not a JWT, three parts of letters and digits with dots between them"), "jwt"))
	}
	return errors.Join(errs...)
}

// checkKind wants exactly one kind of authentication, and that one whole.
func (v *VirtualProxy) checkKind() error {
	header := v.HeaderName != "" || v.HeaderValue != ""
	switch {
	case header && v.JWT != "":
		return sdk.At(errors.New("is not used with header_name; give only one of the two"), "jwt")
	case !header && v.JWT == "":
		return errors.New("needs header_name and header_value, or jwt")
	case header && v.HeaderName == "":
		return sdk.At(errors.New("needs header_name beside it"), "header_value")
	case header && v.HeaderValue == "":
		return sdk.At(errors.New("needs header_value beside it"), "header_name")
	}
	return nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }
