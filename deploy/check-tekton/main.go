// SPDX-License-Identifier: Apache-2.0

// Reads each file as Tasks, Pipelines and PipelineRuns of Tekton, as its webhook does: strictly, with the webhook's defaults and its validation, by
// the feature flags that Tekton comes with. Objects of others are passed over, but what a ConfigMap has as *.yaml is read as a file of its own. All
// files together: a pipeline's tasks must be among them, with the params, workspaces and results that it gives, needs and reads.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"knative.dev/pkg/apis"
	"sigs.k8s.io/yaml"
)

type object interface {
	metav1.Object
	SetDefaults(context.Context)
	Validate(context.Context) *apis.FieldError
}

type files struct {
	tasks     map[string]*v1.Task
	pipelines []*v1.Pipeline
	runs      []*v1.PipelineRun
}

func main() {
	all := files{tasks: map[string]*v1.Task{}}
	failed := false
	complain := func(where string, err error) {
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", where, err)
			failed = true
		}
	}
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err == nil {
			err = all.read(text)
		}
		complain(file, err)
	}
	for _, pipeline := range all.pipelines {
		complain("Pipeline "+pipeline.Name, all.checkPipeline(pipeline))
	}
	for _, run := range all.runs {
		complain("PipelineRun "+run.GenerateName, all.checkRun(run))
	}
	if len(all.tasks) == 0 {
		complain("all", errors.New("there is no Task"))
	}
	if failed {
		os.Exit(1)
	}
}

func (all *files) read(text []byte) error {
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	defer documents.Close()
	for {
		document := make([]byte, 1<<20)
		length, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = all.readObject(document[:length])
		}
		if err != nil {
			return err
		}
	}
}

func (all *files) readObject(text []byte) error {
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(text, &meta); err != nil {
		return err
	}
	switch meta.APIVersion + " " + meta.Kind {
	case "tekton.dev/v1 Task":
		task := &v1.Task{}
		err := checked(text, task)
		all.tasks[task.Name] = task
		return err
	case "tekton.dev/v1 Pipeline":
		pipeline := &v1.Pipeline{}
		all.pipelines = append(all.pipelines, pipeline)
		return checked(text, pipeline)
	case "tekton.dev/v1 PipelineRun":
		run := &v1.PipelineRun{}
		all.runs = append(all.runs, run)
		return checked(text, run)
	case "v1 ConfigMap":
		var within corev1.ConfigMap
		if err := yaml.UnmarshalStrict(text, &within); err != nil {
			return err
		}
		for name, value := range within.Data {
			if filepath.Ext(name) != ".yaml" {
				continue
			}
			if err := all.read([]byte(value)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

func checked(text []byte, to object) error {
	if err := yaml.UnmarshalStrict(text, to); err != nil {
		return err
	}
	// The server makes a name of the prefix before the webhook sees it.
	if to.GetName() == "" && to.GetGenerateName() != "" {
		to.SetName(to.GetGenerateName() + "x7k2p")
	}
	ctx := apis.WithinCreate(context.Background())
	to.SetDefaults(ctx)
	// Of nil, too: an error of no field at all is none.
	if err := to.Validate(ctx); err != nil {
		return err
	}
	return nil
}

func (all *files) checkPipeline(pipeline *v1.Pipeline) error {
	for _, one := range append(append([]v1.PipelineTask{}, pipeline.Spec.Tasks...), pipeline.Spec.Finally...) {
		task, isThere := all.tasks[one.TaskRef.Name]
		if !isThere {
			return fmt.Errorf("task %s: there is no Task %s", one.Name, one.TaskRef.Name)
		}
		given := map[string]bool{}
		for _, param := range one.Params {
			given[param.Name] = true
		}
		if one.Matrix != nil {
			for _, param := range one.Matrix.Params {
				given[param.Name] = true
			}
		}
		for _, param := range task.Spec.Params {
			if param.Default == nil && !given[param.Name] {
				return fmt.Errorf("task %s: param %s of %s is not given", one.Name, param.Name, task.Name)
			}
			delete(given, param.Name)
		}
		for name := range given {
			return fmt.Errorf("task %s: %s has no param %s", one.Name, task.Name, name)
		}
		bound := map[string]bool{}
		for _, workspace := range one.Workspaces {
			bound[workspace.Name] = true
		}
		for _, workspace := range task.Spec.Workspaces {
			if !workspace.Optional && !bound[workspace.Name] {
				return fmt.Errorf("task %s: workspace %s of %s is not bound", one.Name, workspace.Name, task.Name)
			}
			delete(bound, workspace.Name)
		}
		for name := range bound {
			return fmt.Errorf("task %s: %s has no workspace %s", one.Name, task.Name, name)
		}
	}
	return all.checkResults(pipeline)
}

func (all *files) checkResults(pipeline *v1.Pipeline) error {
	for _, result := range pipeline.Spec.Results {
		names, _ := result.GetVarSubstitutionExpressions()
		for _, ref := range v1.NewResultRefs(names) {
			found := false
			for _, one := range append(append([]v1.PipelineTask{}, pipeline.Spec.Tasks...), pipeline.Spec.Finally...) {
				if one.Name != ref.PipelineTask {
					continue
				}
				for _, has := range all.tasks[one.TaskRef.Name].Spec.Results {
					found = found || has.Name == ref.Result
				}
			}
			if !found {
				return fmt.Errorf("result %s: %s has no result %s", result.Name, ref.PipelineTask, ref.Result)
			}
		}
	}
	return nil
}

func (all *files) checkRun(run *v1.PipelineRun) error {
	for _, pipeline := range all.pipelines {
		if pipeline.Name != run.Spec.PipelineRef.Name {
			continue
		}
		bound := map[string]bool{}
		for _, workspace := range run.Spec.Workspaces {
			bound[workspace.Name] = true
		}
		for _, workspace := range pipeline.Spec.Workspaces {
			if !workspace.Optional && !bound[workspace.Name] {
				return fmt.Errorf("workspace %s of %s is not bound", workspace.Name, pipeline.Name)
			}
		}
		return nil
	}
	return fmt.Errorf("there is no Pipeline %s", run.Spec.PipelineRef.Name)
}
