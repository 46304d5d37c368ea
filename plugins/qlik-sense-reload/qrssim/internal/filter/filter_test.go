package filter_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"butlerd/plugins/qlik-sense-reload/qrssim/internal/filter"
)

type colour int

func (colour) EnumValue(name string) (int, bool) {
	n, ok := map[string]int{"red": 1, "green": 2}[strings.ToLower(name)]
	return n, ok
}

type date time.Time

func (d date) Instant() time.Time { return time.Time(d) }

type base struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

type definition struct {
	Name string `json:"name"`
}

type property struct {
	Value      string      `json:"value"`
	Definition *definition `json:"definition"`
}

type car struct {
	base
	Enabled    bool       `json:"enabled"`
	Colour     colour     `json:"colour"`
	Wheels     int        `json:"wheels"`
	BuiltAt    date       `json:"builtAt"`
	Properties []property `json:"customProperties"`
	Owner      *base      `json:"owner"`
	Privileges any        `json:"privileges"`
}

type boat struct {
	base
	Length int64 `json:"length"`
}

func types() []reflect.Type {
	return []reflect.Type{reflect.TypeFor[car](), reflect.TypeFor[boat]()}
}

func sedan() car {
	return car{
		base: base{ID: uuid.MustParse("e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e"), Name: `Åke's \ Car`}, Enabled: true, Colour: 2, Wheels: 4,
		BuiltAt: date(time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)),
		Properties: []property{
			{Value: "x", Definition: &definition{Name: "A"}},
			{Value: "y", Definition: &definition{Name: "B"}},
		},
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, filter string
		want         bool
	}{
		{"everything without an expression", " ", true},
		{"a string with an escaped apostrophe and backslash", `name eq 'Åke\'s \\ Car'`, true},
		{"a string in another case", `name eq 'åke\'S \\ cAR'`, true},
		{"a property in another case", `NAME ne 'x'`, true},
		{"an operator in another case", `name NE 'x' AND enabled EQ true`, true},
		{"an empty string", `name eq ''`, false},
		{"a beginning", `name sw 'åke'`, true},
		{"not another beginning", `name sw 'ke'`, false},
		{"an end", `name ew 'CAR'`, true},
		{"a substring", `name so '\'s'`, true},
		{"a string with an operator in it", `name eq ') and ('`, false},
		{"a guid", "id eq e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e", true},
		{"a guid in upper case", "id eq E3B27F50-B1C0-4879-88FC-C7CDD9C1CF3E", true},
		{"not another guid", "id ne e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e", false},
		{"a bool", "enabled eq TRUE", true},
		{"not the other bool", "enabled eq false", false},
		{"a number", "wheels ge 4 and wheels le 4 and wheels gt 3 and wheels lt 5", true},
		{"a negative number", "wheels gt -1", true},
		{"an enum by name", "colour eq Green", true},
		{"an enum by number", "colour eq 2", true},
		{"an enum by order", "colour lt green", false},
		{"a date", "builtAt eq '2026-01-15T08:00:00.000Z'", true},
		{"a date in another zone", "builtAt gt '2026-01-15T08:59:00+01:00'", true},
		{"a member of a list", "customProperties.value eq 'y'", true},
		{"an unequal member beside an equal one", "customProperties.value ne 'y'", true},
		{"name and value of different members", "(customProperties.definition.name eq 'A') and (customProperties.value eq 'y')", true},
		{"nothing behind null", "owner.name ne 'x'", false},
		{"nothing on a type without the property", "length ge 0", false},
		{"and before or", "enabled eq true or enabled eq true and wheels eq 9", true},
		{"or inside parentheses first", "(enabled eq true or enabled eq true) and wheels eq 9", false},
		{"nested parentheses", "((name so 'car'))", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := filter.Parse(tt.filter, types()...)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Match(sedan()); got != tt.want {
				t.Errorf("Match(%s) = %v, want %v", tt.filter, got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, filter string
		want         error
	}{
		{"an apostrophe that is doubled", "name eq 'it''s'", filter.ErrSyntax},
		{"an apostrophe that is doubled at the end", "name eq 'its'''", filter.ErrSyntax},
		{"an apostrophe that is not escaped", "name eq 'it's'", filter.ErrSyntax},
		{"double quotes", `name eq "its"`, filter.ErrSyntax},
		{"a string that is not closed", "name eq 'its", filter.ErrSyntax},
		{"a string that ends in a backslash", `name eq 'its\`, filter.ErrSyntax},
		{"an escape it does not know", `name eq 'DIR\user'`, filter.ErrSyntax},
		{"an empty group", "()", filter.ErrEmptyGroup},
		{"an empty group behind and", "name eq 'x' and ( )", filter.ErrEmptyGroup},
		{"a group that is not closed", "(name eq 'x'", filter.ErrSyntax},
		{"a group that is not opened", "name eq 'x')", filter.ErrSyntax},
		{"an and without a second term", "name eq 'x' and", filter.ErrSyntax},
		{"an or without a first term", "or name eq 'x'", filter.ErrSyntax},
		{"two terms side by side", "name eq 'x' name eq 'y'", filter.ErrSyntax},
		{"a property alone", "name", filter.ErrSyntax},
		{"a missing value", "name eq", filter.ErrSyntax},
		{"a parenthesis for a value", "name eq )", filter.ErrSyntax},
		{"a quoted property", "'name' eq 'x'", filter.ErrSyntax},
		{"an unknown property", "colr eq 1", filter.ErrSyntax},
		{"an unknown property of a member", "customProperties.name eq 'x'", filter.ErrSyntax},
		{"a property of a string", "name.length eq 1", filter.ErrSyntax},
		{"an empty step", "owner..name eq 'x'", filter.ErrSyntax},
		{"an object for a property", "owner eq 'x'", filter.ErrSyntax},
		{"a property without a type", "privileges eq 'x'", filter.ErrSyntax},
		{"an unknown operator", "name like 'x'", filter.ErrSyntax},
		{"a bare string", "name eq x", filter.ErrSyntax},
		{"an order of strings", "name gt 'x'", filter.ErrSyntax},
		{"a quoted guid", "id eq 'e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e'", filter.ErrSyntax},
		{"a guid of another form", "id eq {e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e}", filter.ErrSyntax},
		{"an order of guids", "id gt e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e", filter.ErrSyntax},
		{"a quoted bool", "enabled eq 'true'", filter.ErrSyntax},
		{"a number for a bool", "enabled eq 1", filter.ErrSyntax},
		{"a quoted number", "wheels eq '4'", filter.ErrSyntax},
		{"a number beyond 64 bits", "wheels eq 99999999999999999999", filter.ErrSyntax},
		{"an unknown name of an enum", "colour eq blue", filter.ErrSyntax},
		{"a quoted enum", "colour eq 'green'", filter.ErrSyntax},
		{"a bare date", "builtAt eq 2026-01-15T08:00:00.000Z", filter.ErrSyntax},
		{"a date that does not exist", "builtAt eq '2026-02-30T08:00:00.000Z'", filter.ErrSyntax},
		{"a part of a date", "builtAt sw '2026-01-15T08:00:00.000Z'", filter.ErrSyntax},
		{"nesting without end", strings.Repeat("(", 1000), filter.ErrSyntax},
		{"an endless expression", "name eq '" + strings.Repeat("x", 1<<20) + "'", filter.ErrSyntax},
		{"bytes that are no text", "name eq '\xff'", filter.ErrSyntax},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := filter.Parse(tt.filter, types()...); !errors.Is(err, tt.want) {
				t.Errorf("Parse(%.80s) error = %v, want %v", tt.filter, err, tt.want)
			}
		})
	}
}

func TestParseAllowsALongChain(t *testing.T) {
	t.Parallel()
	text := strings.TrimSuffix(strings.Repeat("wheels eq 4 or ", 1000), " or ")
	if _, err := filter.Parse(text, types()...); err != nil {
		t.Error(err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	const a, b = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
	tests := []struct {
		name, filter string
		want         []uuid.UUID
		pinned       bool
	}{
		{"pins one id", "ID eq " + a, []uuid.UUID{uuid.MustParse(a)}, true},
		{"pins within and", "wheels eq 4 and (id eq " + a + ")", []uuid.UUID{uuid.MustParse(a)}, true},
		{"pins each id of or once", "id eq " + b + " or id eq " + a + " or id eq " + b, []uuid.UUID{uuid.MustParse(a), uuid.MustParse(b)}, true},
		{"does not pin an or with an open side", "id eq " + a + " or wheels eq 4", nil, false},
		{"does not pin by ne", "id ne " + a, nil, false},
		{"does not pin by another property", "owner.id eq " + a, nil, false},
		{"does not pin without an expression", "", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := filter.Parse(tt.filter, types()...)
			if err != nil {
				t.Fatal(err)
			}
			got, pinned := f.Keys("id")
			if diff := cmp.Diff(tt.want, got); diff != "" || pinned != tt.pinned {
				t.Errorf("Keys() pinned = %v, want %v, ids (-want +got):\n%s", pinned, tt.pinned, diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`name eq 'it\'s' and (wheels ge 4 or colour eq green)`)
	f.Add(`id eq e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e`)
	f.Add(`builtAt lt '2026-01-15T08:00:00.000Z' and customProperties.definition.name so ''`)
	f.Add("()")
	f.Add(`name eq 'a''b'`)
	row := sedan()
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := filter.Parse(text, types()...)
		if err != nil {
			if !errors.Is(err, filter.ErrSyntax) && !errors.Is(err, filter.ErrEmptyGroup) {
				t.Errorf("error of no known kind: %v", err)
			}
			return
		}
		ids, pinned := parsed.Keys("id")
		if parsed.Match(row) && pinned && !containsID(ids, row.ID) {
			t.Errorf("%q matches %s but is pinned to %v", text, row.ID, ids)
		}
	})
}

func containsID(ids []uuid.UUID, id uuid.UUID) bool {
	for _, known := range ids {
		if known == id {
			return true
		}
	}
	return false
}
