package reload

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"butlerd/plugins/qlik-sense-reload/qrs"
)

// AppList is the answer of the query qlik-sense-apps.
type AppList struct {
	Apps []Named `json:"apps" doc:"the apps, by name and id"`
}

// Named is a task or an app.
type Named struct {
	ID   string `json:"id" doc:"its id, in lower case"`
	Name string `json:"name" doc:"its name; names need not be unique"`
}

// findApps is the query.
func (p *plugin) findApps(ctx context.Context, _ struct{}) (AppList, error) {
	apps, err := p.client.Load().Apps(ctx)
	if err != nil {
		return AppList{}, refusal(err)
	}
	slices.SortFunc(apps, func(a, b qrs.App) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
	list := AppList{Apps: []Named{}}
	for _, app := range apps {
		list.Apps = append(list.Apps, Named{ID: app.ID.String(), Name: app.Name})
	}
	return list, nil
}
