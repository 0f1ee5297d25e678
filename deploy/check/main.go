// SPDX-License-Identifier: Apache-2.0

// Reads each file as objects of Kubernetes' API, as its server does: strictly (an unknown field or a wrong type is an error), with the server's
// defaults, and with the server's own validation of Jobs, CronJobs and Pods. A file that is no YAML but a crontab has its times read by the parser
// that CronJobs have. No server is asked.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/robfig/cron/v3"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"sigs.k8s.io/yaml"

	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
)

func main() {
	failed := false
	for _, file := range os.Args[1:] {
		if err := check(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func check(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if filepath.Ext(file) == ".crontab" {
		return checkCrontab(string(text))
	}
	documents := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text)))
	defer documents.Close()
	found := 0
	for {
		document := make([]byte, 1<<20)
		length, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := checkObject(document[:length]); err != nil {
			return err
		}
		found++
	}
	if found == 0 {
		return errors.New("there is nothing in it")
	}
	return nil
}

func checkObject(text []byte) error {
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(text, &meta); err != nil {
		return err
	}
	made, err := legacyscheme.Scheme.New(meta.GroupVersionKind())
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(text, made); err != nil {
		return err
	}
	legacyscheme.Scheme.Default(made)
	namespaced(made)
	if problems := validate(made); len(problems) > 0 {
		return fmt.Errorf("%s: %w", meta.Kind, problems.ToAggregate())
	}
	return nil
}

// A file leaves the namespace to whoever applies it; the server knows it by then.
func namespaced(object runtime.Object) {
	if accessor, isObject := object.(metav1.Object); isObject && accessor.GetNamespace() == "" {
		accessor.SetNamespace("default")
	}
}

func validate(object runtime.Object) field.ErrorList {
	switch object := object.(type) {
	case *corev1.Pod:
		var internal core.Pod
		return converted(object, &internal, func() field.ErrorList {
			return corevalidation.ValidatePodCreate(&internal, corevalidation.PodValidationOptions{})
		})
	case *batchv1.Job:
		var internal batch.Job
		// The controller of Jobs gives the selector, with a value of its own.
		return converted(object, &internal, func() field.ErrorList {
			return batchvalidation.ValidateJobSpec(withoutSelector(&internal.Spec), field.NewPath("spec"), corevalidation.PodValidationOptions{})
		})
	case *batchv1.CronJob:
		var internal batch.CronJob
		return converted(object, &internal, func() field.ErrorList {
			return batchvalidation.ValidateCronJobCreate(&internal, corevalidation.PodValidationOptions{})
		})
	case *corev1.ConfigMap:
		var internal core.ConfigMap
		return converted(object, &internal, func() field.ErrorList { return corevalidation.ValidateConfigMap(&internal) })
	case *corev1.PersistentVolumeClaim:
		var internal core.PersistentVolumeClaim
		return converted(object, &internal, func() field.ErrorList {
			return corevalidation.ValidatePersistentVolumeClaim(&internal, corevalidation.PersistentVolumeClaimSpecValidationOptions{})
		})
	case *corev1.ServiceAccount:
		var internal core.ServiceAccount
		return converted(object, &internal, func() field.ErrorList { return corevalidation.ValidateServiceAccount(&internal) })
	case *rbacv1.Role:
		var internal rbac.Role
		return converted(object, &internal, func() field.ErrorList { return rbacvalidation.ValidateRole(&internal) })
	case *rbacv1.RoleBinding:
		var internal rbac.RoleBinding
		return converted(object, &internal, func() field.ErrorList { return rbacvalidation.ValidateRoleBinding(&internal) })
	}
	return field.ErrorList{field.InternalError(nil, fmt.Errorf("no check is known for %T", object))}
}

func converted(from runtime.Object, to runtime.Object, then func() field.ErrorList) field.ErrorList {
	if err := legacyscheme.Scheme.Convert(from, to, nil); err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	return then()
}

func withoutSelector(spec *batch.JobSpec) *batch.JobSpec {
	if spec.Selector == nil && (spec.ManualSelector == nil || !*spec.ManualSelector) {
		spec.Selector = &metav1.LabelSelector{MatchLabels: spec.Template.Labels}
	}
	return spec
}

// Lines of five times and a command, settings, and comments.
func checkCrontab(text string) error {
	found := 0
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || isSetting(line) {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 6 {
			return fmt.Errorf("line %d: five times and a command are wanted", number+1)
		}
		if _, err := cron.ParseStandard(strings.Join(fields[:5], " ")); err != nil {
			return fmt.Errorf("line %d: %w", number+1, err)
		}
		// A bare percent sign ends the command: what follows becomes its input. crontab(5).
		if strings.Contains(strings.ReplaceAll(line, `\%`, ""), "%") {
			return fmt.Errorf("line %d: a percent sign without a backslash ends the command", number+1)
		}
		found++
	}
	if found == 0 {
		return errors.New("there is no line with times in it")
	}
	return nil
}

func isSetting(line string) bool {
	name, _, isSetting := strings.Cut(line, "=")
	return isSetting && !strings.ContainsAny(strings.TrimSpace(name), " \t*")
}
