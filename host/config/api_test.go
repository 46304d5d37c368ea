package config

import (
	"os"
	"strings"
	"testing"

	"butlerd/host/files"
	"butlerd/host/taskfilter"

	"github.com/google/go-cmp/cmp"
)

// allowed is a file with an api block.
const allowed = `
host {
  listen = "127.0.0.1:1"
}

api {
  disable             = ["fileCopy"]
  requests_per_minute = 5

  start_task_filter {
    tags = ["a", "b"]
  }
  files {
    qvd = "qvd"
  }
}
`

func TestHashesOfAPI(t *testing.T) {
	t.Parallel()
	// The directory of the file is in the paths, so it has to be the same.
	dir := write(t, nil)
	hash := func(text string) (string, string) {
		if err := os.WriteFile(dir+"/config.hcl", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, diags := Load(testOptions{}.options(dir))
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		return c.Hash, c.SharedHash(nil, nil)
	}
	whole, shared := hash(allowed)
	for _, tt := range []struct {
		name, old, new     string
		differs, sharedToo bool
	}{
		{"the order of tags", `"a", "b"`, `"b", "a"`, false, false},
		{"a directory", `"qvd"`, `"other"`, true, false},
		{"an operation", "fileCopy", "fileMove", true, true},
		{"the limit", "= 5", "= 6", true, true},
		{"a tag", `"a", "b"`, `"a"`, true, true},
		{"no filter", "start_task_filter {\n    tags = [\"a\", \"b\"]\n  }", "", true, true},
	} {
		text := strings.Replace(allowed, tt.old, tt.new, 1)
		if text == allowed {
			t.Fatal("nothing to replace")
		}
		w, s := hash(text)
		if (w != whole) != tt.differs || (s != shared) != tt.sharedToo {
			t.Errorf("%s: differs %v, shared %v", tt.name, w != whole, s != shared)
		}
	}
}

// The tour of the configuration shows the block in a comment, which has to be right
// too.
func TestAPIInTheTour(t *testing.T) {
	t.Parallel()
	tour, err := os.ReadFile("../../config.hcl")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(tour), "#   api {\n")
	block, _, ended := strings.Cut(rest, "#   }\n\n")
	if !found || !ended {
		t.Fatal("there is no commented api block")
	}
	var text strings.Builder
	text.WriteString("api {\n")
	for line := range strings.Lines(block) {
		text.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "#"), "   "))
	}
	got := load(t, text.String()+"}\n", testOptions{}).API
	want := API{
		Disabled: map[string]bool{"fileDelete": true, "createDir": true}, RequestsPerMinute: 600,
		StartTasks: taskfilter.Filter{On: true,
			TaskIDs:    map[string]bool{"0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b": true},
			Tags:       map[string]bool{"startTask1": true},
			Properties: map[taskfilter.Property]bool{{Name: "taskGroup", Value: "tasks1"}: true}},
		KeyValues: KeyValueStore{MaxKeys: 1000, MaxNamespaces: 1000, MaxBytes: 64 << 20},
		Files: files.Approved{
			Copy: []files.Pair{{From: "/srv/butler/in", To: "/srv/butler/out"}}, Move: []files.Pair{{From: "/srv/butler/in", To: "/srv/butler/done"}},
			Delete: []string{"/srv/butler/drop"}, Create: []string{"/srv/butler/new"}, QVD: "/srv/butler/qvd"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
