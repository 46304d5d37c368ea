package qrs

import (
	"context"
	"net/http"

	"github.com/google/uuid"
)

// Start starts a task and gives the id of its execution session, which is zero
// when Qlik Sense did not start it. It is sent once. After an error,
// MayHaveTakenEffect says whether it may have been carried out all the same.
func (c *Client) Start(ctx context.Context, task uuid.UUID) (session uuid.UUID, err error) {
	r := request{act: "starting task", method: http.MethodPost, path: "/task/" + task.String() + "/start/synchronous", limit: maxRow}
	got, err := c.order(ctx, r)
	if err != nil {
		return uuid.Nil, err
	}
	var v value
	err = c.decode(r, got, &v)
	return v.id, err
}

// Stop asks Qlik Sense to stop a task. It does so some time later; to stop one
// that is not executing is no error.
func (c *Client) Stop(ctx context.Context, task uuid.UUID) error {
	_, err := c.ask(ctx, request{act: "stopping task", method: http.MethodPost, path: "/task/" + task.String() + "/stop", limit: maxRow})
	return err
}
