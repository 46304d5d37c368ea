package reload

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"butlerd/sdk/schema"
	"butlerd/sdk/sdktest"
)

const anyID = `"task_id": "0FE447A9-ba1f-44a9-ac23-68c3a1d88d8b"`

// places are path and summary of each diagnostic.
func places(found []schema.Diagnostic) []string {
	list := []string{}
	for _, d := range found {
		list = append(list, strings.TrimPrefix(d.Path.String()+": ", ": ")+d.Summary)
	}
	return list
}

func TestArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	const one = "needs exactly one of task_id, task_name, tag and custom_property"
	long := strings.Repeat("ö", 501)
	tests := map[string]struct {
		arguments string
		want      []string
	}{
		"an id":                   {`{` + anyID + `}`, nil},
		"a name of 500 letters":   {`{"task_name": "` + long[2:] + `"}`, nil},
		"a property":              {`{"custom_property": {"name": "n", "value": ""}}`, nil},
		"all options":             {`{` + anyID + `, "wait": false, "poll_interval": "100ms", "if_running": "stop", "stop_on_cancel": true, "log_tail": 0}`, nil},
		"nothing":                 {`{}`, []string{one}},
		"empty texts":             {`{"task_id": "", "tag": ""}`, []string{one}},
		"two":                     {`{` + anyID + `, "tag": "x"}`, []string{"tag: is not used with task_id; give only one of task_id, task_name, tag and custom_property"}},
		"no GUID":                 {`{"task_id": "Finance"}`, []string{"task_id: must be a GUID, such as 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"}},
		"a GUID in braces":        {`{"task_id": "{0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b}"}`, []string{"task_id: must be a GUID, such as 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"}},
		"a long name":             {`{"task_name": "` + long + `"}`, []string{"task_name: must not be longer than 500 characters"}},
		"a tag of two lines":      {`{"tag": "a\nb"}`, []string{"tag: must not contain control characters"}},
		"a property without name": {`{"custom_property": {"name": "", "value": "v"}}`, []string{"custom_property.name: must not be empty"}},
		"a hasty interval":        {`{` + anyID + `, "poll_interval": "99ms"}`, []string{"poll_interval: must be between 100ms and 1h, or 0s for an interval that grows"}},
		"a lazy interval":         {`{` + anyID + `, "poll_interval": "2h"}`, []string{"poll_interval: must be between 100ms and 1h, or 0s for an interval that grows"}},
		"another policy":          {`{` + anyID + `, "if_running": "join"}`, []string{"if_running: must be one of error, skip, wait, stop"}},
		"several mistakes":        {`{"task_id": "x", "log_tail": 1001}`, []string{"task_id: must be a GUID, such as 0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b", "log_tail: must be between 0 and 1000"}},
	}
	client := sdktest.Serve(t, Plugin())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Validate takes what is absent for not known yet, so that all is given.
			found, err := client.Validate(context.WithoutCancel(t.Context()), Name, complete(tt.arguments))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(append([]string{}, tt.want...), places(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// complete adds null for what is absent.
func complete(arguments string) string {
	for _, name := range []string{"task_id", "task_name", "tag", "custom_property", "wait", "poll_interval", "if_running", "stop_on_cancel", "log_tail"} {
		if !strings.Contains(arguments, `"`+name+`"`) {
			arguments = strings.Replace(arguments, "{", `{"`+name+`": null,`, 1)
		}
	}
	return strings.Replace(arguments, ",}", "}", 1)
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	var got Arguments
	action := newCapture(&got)
	if r := sdktest.Run(t, action, `{`+anyID+`}`); r.Status != sdktest.Succeeded {
		t.Fatal(r.Err)
	}
	want := Arguments{TaskID: "0FE447A9-ba1f-44a9-ac23-68c3a1d88d8b", Wait: true, IfRunning: ifRunningError, LogTail: 40}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
