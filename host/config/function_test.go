package config

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"note.txt": "from a file"})
	for expression, want := range map[string]string{
		`upper("a")`:                                   "A",
		`lower("A")`:                                   "a",
		`trim("-a-", "-")`:                             "a",
		`trimspace(" a ")`:                             "a",
		`replace("aba", "a", "x")`:                     "xbx",
		`format("%03d", 7)`:                            "007",
		`join(",", ["a", "b"])`:                        "a,b",
		`split(",", "a,b")[1]`:                         "b",
		`contains(["a"], "a")`:                         "true",
		`join(",", keys({b = 1, a = 2}))`:              "a,b",
		`values({b = "x", a = "y"})[0]`:                "y",
		`merge({a = "x"}, {a = "y"}).a`:                "y",
		`lookup({a = "x"}, "b", "z")`:                  "z",
		`jsonencode({a = [1, null]})`:                  `{"a":[1,null]}`,
		`jsondecode("{\"a\": [1]}").a[0]`:              "1",
		`timeadd("2026-01-01T00:00:00Z", "1h")`:        "2026-01-01T01:00:00Z",
		`formatdate("DD MMM", "2026-01-01T00:00:00Z")`: "01 Jan",
		`coalesce(null, "a")`:                          "a",
		`concat(["a"], ["b"])[1]`:                      "b",
		`length(["a", "b"])`:                           "2",
		`tostring(1.50)`:                               "1.5",
		`tonumber("2") + 1`:                            "3",
		`length(toset(["a", "a"]))`:                    "1",
		`try(jsondecode("{"), "fallback")`:             "fallback",
		`can(jsondecode("{"))`:                         "false",
		`base64encode("å")`:                            "w6U=",
		`env("NONE", "default")`:                       "default",
		`nonsensitive(env("SET"))`:                     "value",
		`nonsensitive(sensitive("x"))`:                 "x",
		`file("` + filepath.ToSlash(filepath.Join(dir, "note.txt")) + `")`: "from a file",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			s := schedules(t, greeting("text = "+expression), testOptions{Env: map[string]string{"SET": "value"}})[0]
			if got := membersOf(t, s.Known())["text"]; got != want {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

func TestFunctionsFail(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"big.txt": strings.Repeat("x", MaxInclude+1), "binary": "\xff\xfe"})
	path := func(name string) string { return `file("` + filepath.ToSlash(filepath.Join(dir, name)) + `")` }
	for expression, want := range map[string]string{
		`env("NONE")`:        `"NONE" is not set`,
		`env("A", "b", "c")`: "at most one default",
		`env()`:              "Not enough function arguments",
		path("none.txt"):     "no such file",
		path("big.txt"):      "larger than 1 MiB",
		path("binary"):       "not text in UTF-8",
		path("."):            "not a regular file",
		`jsondecode("` + strings.Repeat("[", 200) + `")`: "nested too deep",
		`jsondecode("1e99999")`:                          "too long",
		`upper(null)`:                                    "must not be null",
		`timestamp()`:                                    `There is no function "timestamp"`,
	} {
		t.Run(expression[:min(len(expression), 30)], func(t *testing.T) {
			t.Parallel()
			c := load(t, greeting("text = "+expression), testOptions{})
			_, diags := c.Schedules(testActions())
			if err := diags.Err(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"note.txt": "beside it"})
	other := write(t, map[string]string{"config.hcl": greeting("text = file(\"note.txt\")\nmode = \"fast\"\nhosts = [path.dir, path.data]"), "note.txt": "beside the other"})
	main := write(t, map[string]string{"main.hcl": "locals {\n  a = path.dir\n}\n"})
	c, diags := Load(Options{Paths: []string{main, other}, DataDir: dir})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	list, diags := c.Schedules(testActions())
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	got := membersOf(t, list[0].Known())
	hosts := got["hosts"].([]any)
	if got["text"] != "beside the other" || hosts[0] != filepath.ToSlash(other) || hosts[1] != filepath.ToSlash(dir) {
		t.Errorf("%v", got)
	}
}
