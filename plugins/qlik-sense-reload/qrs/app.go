package qrs

import (
	"context"

	"github.com/google/uuid"
)

// App is what a task reloads.
type App struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// Apps are all apps that the user may see, in no order.
func (c *Client) Apps(ctx context.Context) ([]App, error) {
	var apps []App
	_, err := c.list(ctx, "reading apps", "/app", "", &apps)
	return apps, err
}
