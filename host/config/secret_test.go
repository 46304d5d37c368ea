package config

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"butlerd/sdk/schema"

	"github.com/rogpeppe/go-internal/txtar"
)

// Every golden case whose files hold the word is also a case here: it must not
// come out anywhere.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	const word = "hunter2"
	files, _ := filepath.Glob("testdata/*.txtar")
	checked := 0
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(txtar.Format(a)), word) {
			continue
		}
		checked++
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			dir, o, _ := unpack(t, a)
			if text := shownOf(t, dir, o); strings.Contains(text, word) {
				t.Errorf("came out:\n%s", text)
			}
		})
	}
	if checked < 4 {
		t.Errorf("only %d cases hold the word", checked)
	}
}

// shownOf is all that may be shown of a configuration: text and JSON.
func shownOf(t *testing.T, dir string, o testOptions) string {
	t.Helper()
	c, diags := Load(o.options(dir))
	all := []any{outcome(dir, o), diags, diags.Err()}
	if c != nil {
		list, diags := c.Schedules(testActions())
		all = append(all, diags, list, c.Host, c.Store)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSecretsReachThePlugin(t *testing.T) {
	t.Parallel()
	const text = "plugin \"greeter\" {\n  config {\n    text     = env(\"TOKEN\")\n    password = \"literal\"\n  }\n}\n"
	c := load(t, text, testOptions{Env: map[string]string{"TOKEN": "hunter2"}})
	doc, diags := c.Plugins[0].Decode(testSchema())
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if got := membersOf(t, doc); got["text"] != "hunter2" || got["password"] != "literal" {
		t.Errorf("%s", doc)
	}
}

func TestSecretsInMessagesOfPlugins(t *testing.T) {
	t.Parallel()
	s := schedules(t, greeting("text = \"x\"\npassword = \"hunter2\""), testOptions{})[0]
	got := s.Place([]schema.Diagnostic{{Severity: schema.Error, Summary: "hunter2 is weak", Detail: "Not hunter2.", Path: schema.Path{"password"}}})
	text, _ := json.Marshal(got)
	if strings.Contains(string(text), "hunter2") || got[0].Summary != "(secret) is weak" || got[0].Start.Line != 7 {
		t.Errorf("%s", text)
	}
}

func TestSecretRefusedWhereItWouldBeShown(t *testing.T) {
	t.Parallel()
	for _, attribute := range []string{"id", "name", "description", "cron", "timezone", "startup_state", "overlap", "timeout"} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(greeting(`text = "x"`), "  action", "  "+attribute+" = env(\"X\")\n  action", 1)
			for _, twice := range []string{"cron     = \"0 2 * * *\"", "timezone = \"Europe/Stockholm\""} {
				if strings.HasPrefix(twice, attribute) {
					text = strings.Replace(text, twice, "", 1)
				}
			}
			_, diags := Load(testOptions{Env: map[string]string{"X": "hunter2"}}.options(write(t, map[string]string{"a.hcl": text})))
			found := false
			for _, d := range diags {
				found = found || d.Summary == "Secret value"
				if strings.Contains(d.String(), "hunter2") {
					t.Errorf("quoted: %s", d)
				}
			}
			if !found {
				t.Errorf("not refused: %v", diags)
			}
		})
	}
}

func TestNonsensitive(t *testing.T) {
	t.Parallel()
	c := load(t, "host {\n  listen = nonsensitive(env(\"L\", \"x\"))\n  data_dir = env(\"D\", \"here\")\n}\n", testOptions{Env: map[string]string{"L": "127.0.0.1:7"}})
	if c.Host.Listen != "127.0.0.1:7" || c.Host.DataDir != "here" {
		t.Errorf("%+v", c.Host)
	}
}

func TestMaskNamed(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`password = "x"`:          `password = (secret)`,
		`db_password="x y`:        `db_password=(secret)`,
		`"api_key": "x", "b": 1`:  `"api_key": (secret), "b": 1`,
		`  TOKEN = "a" # b`:       `  TOKEN = (secret) # b`,
		`password = var.password`: `password = var.password`,
		`path = "x"`:              `path = "x"`,
		`client_secret : "é"`:     `client_secret : (secret)`,
	} {
		if got := string(maskNamed([]byte(line))); got != want {
			t.Errorf("%s became %s", line, got)
		}
	}
}
