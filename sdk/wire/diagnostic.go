package wire

import (
	"fmt"
	"math"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
)

// Limits on what one answer carries of diagnostics. What is beyond is left out.
const (
	MaxDiagnostics = 100
	MaxSummary     = 4 << 10 // bytes of a summary or a detail
	maxPath        = 64      // steps
)

// FromDiagnostics makes the messages of diagnostics, at most MaxDiagnostics.
func FromDiagnostics(list []schema.Diagnostic) []*actionv1.Diagnostic {
	var out []*actionv1.Diagnostic
	for _, d := range list[:min(len(list), MaxDiagnostics)] {
		severity := actionv1.Diagnostic_SEVERITY_ERROR
		if d.Severity == schema.Warning {
			severity = actionv1.Diagnostic_SEVERITY_WARNING
		}
		out = append(out, &actionv1.Diagnostic{
			Severity: severity,
			Summary:  Text(d.Summary, MaxSummary),
			Detail:   Text(d.Detail, MaxSummary),
			Path:     fromPath(d.Path),
		})
	}
	return out
}

func fromPath(p schema.Path) []*actionv1.PathStep {
	var out []*actionv1.PathStep
	for _, step := range p[:min(len(p), maxPath)] {
		switch s := step.(type) {
		case int:
			out = append(out, &actionv1.PathStep{Step: &actionv1.PathStep_Index{Index: int64(s)}})
		default:
			name := Text(fmt.Sprint(s), schema.MaxNameLen*4) // a map's key may be longer than a name
			out = append(out, &actionv1.PathStep{Step: &actionv1.PathStep_Name{Name: name}})
		}
	}
	return out
}

// ToDiagnostics reads a peer's diagnostics, at most MaxDiagnostics. A severity
// it does not know is an error. A path ends where a step is not understood:
// the place is then less exact, but not wrong.
func ToDiagnostics(list []*actionv1.Diagnostic) []schema.Diagnostic {
	var out []schema.Diagnostic
	for _, d := range list[:min(len(list), MaxDiagnostics)] {
		severity := schema.Error
		if d.GetSeverity() == actionv1.Diagnostic_SEVERITY_WARNING {
			severity = schema.Warning
		}
		out = append(out, schema.Diagnostic{
			Severity: severity,
			Summary:  Text(d.GetSummary(), MaxSummary),
			Detail:   Text(d.GetDetail(), MaxSummary),
			Path:     toPath(d.GetPath()),
		})
	}
	return out
}

func toPath(steps []*actionv1.PathStep) schema.Path {
	var out schema.Path
	for _, step := range steps[:min(len(steps), maxPath)] {
		switch s := step.GetStep().(type) {
		case *actionv1.PathStep_Name:
			out = append(out, s.Name)
		case *actionv1.PathStep_Index:
			if s.Index < 0 || s.Index > math.MaxInt32 {
				return out
			}
			out = append(out, int(s.Index))
		default:
			return out
		}
	}
	return out
}
