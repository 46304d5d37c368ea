package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/files"
)

func (v v4) fileRoutes(app *fiber.App) {
	app.Put("/v4/filecopy", v.on("fileCopy"), v.copyFile)
	app.Put("/v4/filemove", v.on("fileMove"), v.moveFile)
	app.Delete("/v4/filedelete", v.on("fileDelete"), v.deleteFile)
	app.Post("/v4/createdir", v.on("createDir"), v.createDir)
	app.Post("/v4/createdirqvd", v.on("createDirQVD"), v.createDirQVD)
}

// fileTimeout bounds how long a file is copied. Who asked may have gone long before.
const fileTimeout = 15 * time.Minute

// copiedView is what was copied, with the paths as they were understood.
type copiedView struct {
	movedView
	PreserveTimestamp bool `json:"preserveTimestamp"`
}

// movedView is what was moved, likewise.
type movedView struct {
	FromFile  string `json:"fromFile"`
	ToFile    string `json:"toFile"`
	Overwrite bool   `json:"overwrite"`
}

func (v v4) copyFile(c *fiber.Ctx) error {
	t, err := transferOf(c, "copy")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.working, fileTimeout)
	defer cancel()
	if err := v.settings().Files.CopyFile(ctx, t); err != nil {
		return transferFault(err, "copy", "Failed copying file")
	}
	return reply(c, http.StatusCreated, copiedView{movedView{t.From, t.To, t.Overwrite}, t.PreserveTimestamp})
}

func (v v4) moveFile(c *fiber.Ctx) error {
	t, err := transferOf(c, "move")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(v.working, fileTimeout)
	defer cancel()
	if err := v.settings().Files.MoveFile(ctx, t); err != nil {
		return transferFault(err, "move", "Failed moving file")
	}
	return reply(c, http.StatusCreated, movedView{t.From, t.To, t.Overwrite})
}

func (v v4) deleteFile(c *fiber.Ctx) error {
	m, err := v4Object(c)
	if err != nil {
		return err
	}
	sent, err := m.path("deleteFile", "delete")
	switch {
	case err != nil:
		return err
	case sent == "":
		return invalid("Required parameter missing")
	}
	err = v.settings().Files.DeleteFile(files.Clean(sent))
	switch {
	case errors.Is(err, files.ErrNotApproved):
		return forbidden("No approved directory for file delete")
	case errors.Is(err, files.ErrNotFound):
		return invalid("Delete failed, file does not exist")
	case err != nil:
		return fileFault(err, "Failed deleting file")
	}
	return c.SendStatus(http.StatusNoContent)
}

// transferOf reads what is to be copied or moved; verb says which.
func transferOf(c *fiber.Ctx, verb string) (files.Transfer, error) {
	m, err := v4Object(c)
	if err != nil {
		return files.Transfer{}, err
	}
	from, err := m.path("fromFile", verb)
	if err != nil {
		return files.Transfer{}, err
	}
	to, err := m.path("toFile", verb)
	if err != nil {
		return files.Transfer{}, err
	}
	t := files.Transfer{From: files.Clean(from), To: files.Clean(to)}
	if t.Overwrite, err = m.flag("overwrite"); err != nil {
		return t, err
	}
	if t.PreserveTimestamp, err = m.flag("preserveTimestamp"); err != nil {
		return t, err
	}
	if from == "" || to == "" {
		return t, invalid("Required parameter missing")
	}
	return t, nil
}

// transferFault words in Butler's way why something was not copied or moved.
func transferFault(err error, verb, failed string) error {
	switch {
	case errors.Is(err, files.ErrNotApproved):
		return forbidden("No approved fromDir/toDir for file " + verb)
	case errors.Is(err, files.ErrNotFound):
		return invalid("fromFile does not exist")
	case errors.Is(err, files.ErrExists):
		return invalid("toFile exists already, and overwrite is false")
	}
	return fileFault(err, failed)
}
