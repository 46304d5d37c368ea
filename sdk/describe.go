package sdk

import (
	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/wire"
)

// sdkName tells people what a plugin was made with.
const sdkName = "butlerd-go 1"

// The features say that the plugin has the Cancel and the Renew call.
const (
	featureCancel = "cancel"
	featureRenew  = "renew"
)

func describe(p Plugin) *actionv1.DescribeResponse {
	d := &actionv1.DescribeResponse{
		Name:     p.Name,
		Version:  versionOf(p),
		Sdk:      sdkName,
		Doc:      p.Doc,
		Features: []string{featureCancel, featureRenew},
		Config:   wire.FromBody(p.Configure.body),
		BuildId:  BuildID(),
	}
	for _, a := range p.Actions {
		d.Actions = append(d.Actions, &actionv1.Action{
			Type:      a.typ,
			Doc:       a.doc,
			Arguments: wire.FromBody(a.args),
			Result:    wire.FromBody(a.result),
			Resumes:   a.resumes,
			Query:     a.query,
		})
	}
	return d
}

func versionOf(p Plugin) string {
	if p.Version == "" {
		return "dev"
	}
	return wire.Line(p.Version, maxNote)
}
