package qrssim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shape is the JSON type of each member, by its path.
func shape(value any, path string, into map[string]string) {
	switch v := value.(type) {
	case map[string]any:
		into[path] = "object"
		for name, member := range v {
			shape(member, path+"."+name, into)
		}
	case []any:
		into[path] = "array"
		for _, item := range v {
			shape(item, path+"[]", into)
		}
	case nil:
		into[path] = "null"
	default:
		into[path] = fmt.Sprintf("%T", v)
	}
}

func shapeOf(t *testing.T, text []byte) map[string]string {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	members := map[string]string{}
	shape(value, "", members)
	return members
}

// forgetNulls drops what is null on one side from both: an example cannot tell
// what else may be there.
func forgetNulls(a, b map[string]string) {
	for _, pair := range [][2]map[string]string{{a, b}, {b, a}} {
		for path, kind := range pair[0] {
			if _, known := pair[1][path]; kind != "null" || !known {
				continue
			}
			for _, side := range pair {
				for member := range side {
					if member == path || strings.HasPrefix(member, path+".") {
						delete(side, member)
					}
				}
			}
		}
	}
}

// TestShapes compares answers with recorded examples: every member, no other, and
// each of the same type.
func TestShapes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		done := b.start(app1Task)
		time.Sleep(time.Minute)
		running := b.start(slowTask)
		time.Sleep(time.Minute)
		for file, path := range map[string]string{
			"about":                "/qrs/about",
			"executionsession":     "/qrs/executionsession/" + running,
			"executionresult_full": "/qrs/executionresult/full?filter=executionID%20eq%20" + done,
			"reloadtask":           "/qrs/reloadtask?filter=id%20eq%20" + app1Task,
			"reloadtask_full":      "/qrs/reloadtask/" + app1Task,
		} {
			text, err := os.ReadFile(filepath.Join("testdata", "shapes", file+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if file == "reloadtask" {
				text = []byte("[" + string(text) + "]")
			}
			want, got := shapeOf(t, text), shapeOf(t, b.get(path).Body.Bytes())
			forgetNulls(want, got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("members of %s (-want +got):\n%s", path, diff)
			}
		}
	})
}

func TestShapesOfOtherTasks(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	tests := []struct {
		path          string
		with, without []string
		schema        string
	}{
		{"/qrs/externalprogramtask/" + externalTask, []string{".path", ".parameters", ".qlikUser", ".tags[].name"}, []string{".app", ".isManuallyTriggered"}, "ExternalProgramTask"},
		{"/qrs/usersynctask/" + syncTask, []string{".userDirectory.name", ".userDirectory.type"}, []string{".app", ".path"}, "UserSyncTask"},
		{"/qrs/app/" + nameID("app", "App1").String(), []string{".stream.name", ".owner.userId", ".lastReloadTime"}, nil, "App"},
	}
	for _, tt := range tests {
		w := b.get(tt.path)
		members := shapeOf(t, w.Body.Bytes())
		for _, path := range tt.with {
			if _, ok := members[path]; !ok {
				t.Errorf("%s has no %s", tt.path, path)
			}
		}
		for _, path := range tt.without {
			if _, ok := members[path]; ok {
				t.Errorf("%s has %s", tt.path, path)
			}
		}
		if got := decode[struct{ SchemaPath string }](t, w).SchemaPath; got != tt.schema {
			t.Errorf("%s has schemaPath %q, want %q", tt.path, got, tt.schema)
		}
	}
}
