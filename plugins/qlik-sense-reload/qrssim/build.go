package qrssim

import (
	"cmp"
	"time"

	"github.com/google/uuid"
)

// seededBy is who made what a seed contains.
const seededBy = `EXAMPLE\admin`

// builder makes a site of a seed that has been checked.
type builder struct {
	site       *site
	audit      audit
	appByName  map[string]*app
	tagByName  map[string]nameRow
	properties map[string]definitionRow
}

// newSite fills a site, whose times and limits are set, from a seed.
func newSite(s *site, seed Seed) *site {
	s.nodes = seed.Nodes
	s.appByID = map[uuid.UUID]*app{}
	s.taskByID = map[uuid.UUID]*task{}
	s.taskByName = map[string][]*task{}
	s.sessions = map[uuid.UUID]*session{}
	s.starts.limit = maxStarts
	made := date(time.Now())
	b := builder{
		site:       s,
		audit:      audit{CreatedDate: made, ModifiedDate: made, ModifiedByUserName: seededBy},
		appByName:  map[string]*app{},
		tagByName:  map[string]nameRow{},
		properties: map[string]definitionRow{},
	}
	b.tags(seed.Tags)
	b.definitions(seed.CustomProperties)
	for _, row := range seed.Apps {
		b.app(row)
	}
	for _, row := range seed.Tasks {
		b.task(row)
	}
	return s
}

func (b *builder) tags(names []string) {
	for _, name := range names {
		row := nameRow{ID: nameID("tag", name), Name: name}
		b.tagByName[name] = row
		b.site.tags = append(b.site.tags, tagFull{nameRow: row, audit: b.audit, SchemaPath: "Tag"})
	}
}

func (b *builder) definitions(properties []SeedProperty) {
	for _, p := range properties {
		row := definitionRow{
			ID:           nameID("customProperty", p.Name),
			Name:         p.Name,
			ValueType:    "Text",
			ChoiceValues: append([]string{}, p.Choices...),
		}
		b.properties[p.Name] = row
		b.site.definitions = append(b.site.definitions, definitionFull{
			definitionRow: row,
			audit:         b.audit,
			ObjectTypes:   []string{"ReloadTask", "ExternalProgramTask", "UserSyncTask"},
			SchemaPath:    "CustomPropertyDefinition",
		})
	}
}

func (b *builder) app(row SeedApp) {
	a := &app{full: appFull{
		appRow: appRow{
			ID:                    row.ID,
			Name:                  row.Name,
			SavedInProductVersion: "12.1657.0",
			MigrationHash:         "0",
		},
		audit:            b.audit,
		CustomProperties: []propertyValue{},
		Owner:            ownerRow{ID: nameID("user", seededBy), UserID: "admin", UserDirectory: "EXAMPLE", Name: "admin"},
		Tags:             []nameRow{},
		SchemaPath:       "App",
	}}
	if row.Stream != "" {
		a.full.Stream = &nameRow{ID: nameID("stream", row.Stream), Name: row.Stream}
		a.full.Published, a.full.PublishTime = true, b.audit.CreatedDate
	}
	b.appByName[row.Name] = a
	b.site.apps = append(b.site.apps, a)
	b.site.appByID[row.ID] = a
}

func (b *builder) task(row SeedTask) {
	kind, _ := taskTypeNamed(row.Type)
	t := &task{
		id:            row.ID,
		name:          row.Name,
		kind:          kind,
		app:           b.appByName[row.App],
		enabled:       !row.Disabled,
		timeout:       time.Duration(row.TimeoutMinutes) * time.Minute,
		maxRetries:    row.MaxRetries,
		reload:        cmp.Or(time.Duration(row.ReloadTime), b.site.reload),
		outcome:       row.Outcome,
		failures:      row.Failures,
		failure:       cmp.Or(row.Error, "The script failed"),
		path:          row.Path,
		parameters:    row.Parameters,
		userDirectory: row.UserDirectory,
		tags:          []nameRow{},
		properties:    []propertyValue{},
		createdAt:     time.Time(b.audit.CreatedDate),
		modifiedAt:    time.Time(b.audit.CreatedDate),
		modifiedBy:    seededBy,
	}
	for _, tag := range row.Tags {
		t.tags = append(t.tags, b.tagByName[tag])
	}
	for _, value := range row.CustomProperties {
		t.properties = append(t.properties, b.property(t.id, value))
	}
	b.site.addTask(t)
}

func (b *builder) property(taskID uuid.UUID, v SeedValue) propertyValue {
	return propertyValue{
		ID:         nameID("customPropertyValue", taskID.String()+"/"+v.Name+"/"+v.Value),
		audit:      b.audit,
		Value:      v.Value,
		Definition: b.properties[v.Name],
		SchemaPath: "CustomPropertyValue",
	}
}
