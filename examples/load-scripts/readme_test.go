package loadscripts_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"butlerd/host/config"
)

// TestReadmeHasTheSubs compares the tables of the page with the subs of the files.
func TestReadmeHasTheSubs(t *testing.T) {
	t.Parallel()
	page := readme(t)
	signature := regexp.MustCompile("`(Butlerd\\.[\\w]+)(\\([\\w, ]*\\))?` \\| (\\w+\\.qvs) \\|")
	listed := map[string]string{}
	for _, m := range signature.FindAllStringSubmatch(page, -1) {
		listed[m[1]+m[2]] = m[3]
	}
	for _, file := range files() {
		list, err := parseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range list {
			name := strings.TrimPrefix(st.text, "SUB ")
			if listed[name] != file && !strings.Contains(page, "`"+name+"`") {
				t.Errorf("README.md does not have %s of %s", name, file)
			}
			delete(listed, name)
		}
	}
	if len(listed) > 0 {
		t.Errorf("README.md has subs that are not there: %v", slices.Sorted(maps.Keys(listed)))
	}
}

// TestSubsAreExplained sees that a comment stands before each sub.
func TestSubsAreExplained(t *testing.T) {
	t.Parallel()
	for _, file := range files() {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, "SUB ") && !strings.HasPrefix(lines[i-1], "// ") {
				t.Errorf("%s: no comment before %s", file, line)
			}
		}
	}
}

// TestReadmeConfigurations loads the pieces of configuration of the page.
func TestReadmeConfigurations(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```hcl\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) == 0 {
		t.Fatal("there are none")
	}
	for _, block := range blocks {
		path := filepath.Join(t.TempDir(), "snippet.hcl")
		if err := os.WriteFile(path, []byte(block[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, diags := config.Load(config.Options{Paths: []string{path}}); diags.HasErrors() {
			t.Errorf("%v in\n%s", diags.Err(), block[1])
		}
	}
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
