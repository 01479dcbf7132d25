"""EncryptionConfiguration: what etcd holds of Secrets is encrypted by a KMS. No key is ever in the file."""

from kgen.bundle.emit_yaml import emit
from kgen.manifests import Manifest
from kgen.topology.machines import Kms

HEAD = "# Written by kgen, for kube-apiserver --encryption-provider-config. The key is the KMS's and never here.\n"


def configuration(kms: Kms) -> str:
    """kagent keeps an agent's configuration, delegated headers in clear among it, in Secrets: they are what counts."""
    provider = {
        "apiVersion": "v2",
        "name": kms.name,
        "endpoint": kms.endpoint,
        "timeout": f"{kms.timeout_seconds}s",
    }
    # The first provider writes, every one reads.
    providers: list[Manifest] = [{"kms": provider}, *([{"identity": {}}] if kms.read_unencrypted else [])]
    return HEAD + emit(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [{"resources": ["secrets"], "providers": providers}],
        }
    )
