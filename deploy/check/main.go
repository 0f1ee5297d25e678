// SPDX-License-Identifier: Apache-2.0

// Reads each file as a Pod of Kubernetes' API, strictly: an unknown field or a wrong type is an error.
package main

import (
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	failed := false
	for _, file := range os.Args[1:] {
		var pod corev1.Pod
		text, err := os.ReadFile(file)
		if err == nil {
			err = yaml.UnmarshalStrict(text, &pod)
		}
		if err == nil && (pod.APIVersion != "v1" || pod.Kind != "Pod") {
			err = fmt.Errorf("is a %s of %s, not a Pod of v1", pod.Kind, pod.APIVersion)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
