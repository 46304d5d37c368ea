package qliksite

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"butlerd/sdk"
)

// UserHeader is the header by which a client with a certificate says as whom it
// acts; its value is made by User.
const UserHeader = "X-Qlik-User"

// User names a user as Qlik Sense's services want it in UserHeader.
func User(directory, id string) string {
	return "UserDirectory=" + escape(directory) + "; UserId=" + escape(id)
}

// escape leaves nothing that could end a value; a plus would stay one there.
func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// CheckUser refuses what could not stand in a header, escaped or not.
func CheckUser(directory, id string) error {
	var errs []error
	if directory == "" || hasControl(directory) {
		errs = append(errs, sdk.At(errors.New("must be the name of a user directory"), "user_directory"))
	}
	if id == "" || hasControl(id) {
		errs = append(errs, sdk.At(errors.New("must be the id of a user"), "user_id"))
	}
	return errors.Join(errs...)
}

func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }
