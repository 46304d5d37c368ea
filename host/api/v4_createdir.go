package api

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/files"
)

// directoryView is the directory as it was sent.
type directoryView struct {
	Directory string `json:"directory"`
}

func (v v4) createDir(c *fiber.Ctx) error {
	sent, err := directoryOf(c)
	if err != nil {
		return err
	}
	if sent == "" { // Butler makes nothing and says that it has
		return invalid("Required parameter missing")
	}
	err = v.settings().Files.MakeDir(files.Clean(sent))
	if errors.Is(err, files.ErrNotApproved) {
		return forbidden("No approved directory for directory creation: directories are made below those that the configuration lists under create")
	}
	return made(c, sent, err)
}

func (v v4) createDirQVD(c *fiber.Ctx) error {
	sent, err := directoryOf(c)
	if err != nil {
		return err
	}
	approved := v.settings().Files
	if approved.QVD == "" {
		return forbidden("No QVD folder: the configuration names none under qvd")
	}
	err = approved.MakeQVDDir(files.Clean(sent))
	if errors.Is(err, files.ErrNotApproved) {
		return forbidden("Directory must be within the QVD folder")
	}
	return made(c, sent, err)
}

// directoryOf reads the directory that is to be made, which must be said.
func directoryOf(c *fiber.Ctx) (string, error) {
	m, err := v4Object(c)
	if err != nil {
		return "", err
	}
	if _, ok := m["directory"]; !ok {
		return "", invalid("Required parameter missing")
	}
	return m.path("directory", "create")
}

func made(c *fiber.Ctx, sent string, err error) error {
	if err != nil {
		return fileFault(err, "Failed to create directory")
	}
	return reply(c, http.StatusCreated, directoryView{sent})
}
