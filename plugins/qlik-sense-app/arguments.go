package app

import (
	"errors"
	"strings"

	"github.com/google/uuid"

	"butlerd/sdk"
)

// ReloadArguments are those of the action.
type ReloadArguments struct {
	AppID   string `hcl:"app_id" doc:"id of the app to reload, a GUID in upper or lower case"`
	Partial bool   `hcl:"partial" default:"false" doc:"reload only what the script marks with the prefixes ADD, MERGE and REPLACE, and keep the rest of the data"`
	Mode    int    `hcl:"mode" default:"0" doc:"what an error in the script does: 0 what the script says (ErrorMode), 1 ends the reload, 2 is ignored"`
}

// maxMode is the last of the engine's modes of a reload.
const maxMode = 2

// Validate tells all that is wrong, each at its argument.
func (a *ReloadArguments) Validate() error {
	errs := []error{checkApp(a.AppID)}
	if a.Mode < 0 || a.Mode > maxMode {
		errs = append(errs, sdk.At(errors.New("must be 0, 1 or 2"), "mode"))
	}
	return errors.Join(errs...)
}

// DumpArguments are those of the query.
type DumpArguments struct {
	AppID string `hcl:"app_id" doc:"id of the app, a GUID in upper or lower case"`
}

// Validate refuses what is no id.
func (a *DumpArguments) Validate() error { return checkApp(a.AppID) }

// checkApp takes the one form that Qlik Sense shows; uuid.Parse alone takes more.
func checkApp(id string) error {
	const length = 36
	if _, err := uuid.Parse(id); err != nil || len(id) != length {
		return sdk.At(errors.New("must be a GUID, such as 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"), "app_id")
	}
	return nil
}

// appID is an id as the engine has it.
func appID(id string) string { return strings.ToLower(id) }
