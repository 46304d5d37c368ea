package qrssim

import (
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrssim/internal/filter"
)

// maxColumns bounds a table.
const maxColumns = 100

// tableRequest is the body of a POST to /table. Its columns are properties; QRS
// has other kinds, which only its console uses.
type tableRequest struct {
	Type    string `json:"type"`
	Columns []struct {
		Name       string `json:"name"`
		ColumnType string `json:"columnType"`
		Definition string `json:"definition"`
	} `json:"columns"`
}

type tableFull struct {
	ID          uuid.UUID `json:"id"`
	ColumnNames []string  `json:"columnNames"`
	Rows        [][]any   `json:"rows"`
	SchemaPath  string    `json:"schemaPath"`
}

// table answers with chosen properties of rows, and is the only list with pages.
func (e entity) table(s *site, c *call) answer {
	var request tableRequest
	if err := json.Unmarshal(c.body, &request); err != nil || len(request.Columns) == 0 || len(request.Columns) > maxColumns {
		return refused(http.StatusBadRequest, "Invalid table definition")
	}
	paths := make([]*filter.Path, len(request.Columns))
	names := make([]string, len(request.Columns))
	for i, column := range request.Columns {
		path, err := filter.Resolve(column.Definition, e.rows...)
		if err != nil || column.ColumnType != "Property" {
			return refused(http.StatusBadRequest, "Invalid column: "+column.Name)
		}
		paths[i], names[i] = path, column.Name
	}
	c.query.Set("orderby", tableOrder(c))
	rows, refusal := e.query(s, c)
	if refusal != nil {
		return *refusal
	}
	from, to, ok := page(c, len(rows))
	if !ok {
		return refused(http.StatusBadRequest, "Invalid skip or take")
	}
	table := tableFull{ID: uuid.New(), ColumnNames: names, Rows: cells(rows[from:to], paths), SchemaPath: "Table"}
	return answer{status: http.StatusCreated, value: table}
}

func cells(rows []any, paths []*filter.Path) [][]any {
	table := make([][]any, len(rows))
	for i, row := range rows {
		table[i] = make([]any, len(paths))
		for j, path := range paths {
			table[i][j] = path.Value(row)
		}
	}
	return table
}

// tableOrder writes a table's own parameters as an orderby expression.
func tableOrder(c *call) string {
	column := c.query.Get("sortcolumn")
	if column != "" && c.query.Get("orderascending") == "false" {
		column += " desc"
	}
	return column
}
