using System.Text.RegularExpressions;
using Rescan.Tests.Infra;
using YamlDotNet.RepresentationModel;

namespace Rescan.Tests.Integration.Deploy;

/// <summary>The compose file and the manifests for Kubernetes, against the image that they start and the app in it.</summary>
public sealed class ManifestTests
{
    private const string Kubernetes = "deploy/kubernetes/";

    private static readonly YamlNode Deployment = Load(Kubernetes + "deployment.yaml");
    private static readonly YamlNode Pod = At(Deployment, "spec", "template", "spec");
    private static readonly YamlNode Container = ((YamlSequenceNode)Pod["containers"]).Single();
    private static readonly string Image = SourceTree.Read("deploy/Containerfile");

    [Fact]
    public void One_pod_owns_the_state_and_goes_before_the_next_comes()
    {
        Assert.Equal("1", At(Deployment, "spec", "replicas").ToString());
        Assert.Equal("Recreate", At(Deployment, "spec", "strategy", "type").ToString());
        Assert.Equal("[ ReadWriteOnce ]", At(Load(Kubernetes + "volume.yaml"), "spec", "accessModes").ToString());
        Assert.Equal(Load(Kubernetes + "volume.yaml")["metadata"]["name"], At(Volume("state"), "persistentVolumeClaim", "claimName"));
        Assert.Equal("/var/lib/rescan", Mount("state"));
        Assert.Contains("VOLUME /var/lib/rescan\n", Image, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pod_may_do_what_a_restricted_namespace_lets_it()
    {
        YamlNode pod = Pod["securityContext"];
        YamlNode container = Container["securityContext"];

        Assert.Equal(
            "restricted", At(Load(Kubernetes + "namespace.yaml"), "metadata", "labels", "pod-security.kubernetes.io/enforce").ToString());
        Assert.Equal("true", pod["runAsNonRoot"].ToString());
        Assert.Contains($"USER {pod["runAsUser"]}:{pod["runAsGroup"]}\n", Image, StringComparison.Ordinal);
        Assert.Equal(pod["runAsGroup"], pod["fsGroup"]);
        Assert.Equal("RuntimeDefault", At(pod, "seccompProfile", "type").ToString());
        Assert.Equal(("true", "false", "[ ALL ]"),
            (container["readOnlyRootFilesystem"].ToString(), container["allowPrivilegeEscalation"].ToString(),
                At(container, "capabilities", "drop").ToString()));
        Assert.Equal("false", Pod["automountServiceAccountToken"].ToString());
    }

    [Fact]
    public void It_is_restarted_by_liveness_and_called_by_readiness_at_addresses_that_the_app_has()
    {
        string[] routes = [
            .. Regex.Matches(SourceTree.Read("functions/Health/HealthApi.cs"), "Route = \"([^\"]+)\"")
            .Select(m => "/api/" + m.Groups[1].Value)];
        (string Path, string Port) Probe(string name) =>
            (At(Container[name], "httpGet", "path").ToString(), At(Container[name], "httpGet", "port").ToString());

        Assert.Equal(("/api/health/live", "http"), Probe("startupProbe"));
        Assert.Equal(("/api/health/live", "http"), Probe("livenessProbe"));
        Assert.Equal(("/api/health", "http"), Probe("readinessProbe"));
        Assert.All((string[])["/api/health/live", "/api/health"], p => Assert.Contains(p, routes));
        Assert.Equal("{ { name, http }, { containerPort, 7071 } }", ((YamlSequenceNode)Container["ports"]).Single().ToString());
        Assert.Contains("EXPOSE 7071\n", Image, StringComparison.Ordinal);
        YamlNode service = Load(Kubernetes + "service.yaml");
        Assert.Equal("http", ((YamlSequenceNode)At(service, "spec", "ports")).Single()["targetPort"].ToString());
        Assert.Equal(At(Deployment, "spec", "template", "metadata", "labels"), At(service, "spec", "selector"));
        Assert.Equal(At(Deployment, "spec", "selector", "matchLabels"), At(service, "spec", "selector"));
    }

    [Fact]
    public void Passwords_and_the_key_are_secrets_that_no_repository_and_no_image_holds()
    {
        YamlNode kustomization = Load(Kubernetes + "kustomization.yaml");
        Dictionary<string, YamlNode> secrets = ((YamlSequenceNode)kustomization["secretGenerator"]).ToDictionary(s => s["name"].ToString());

        Assert.Equal("[ settings.json ]", secrets[At(Volume("settings"), "secret", "secretName").ToString()]["files"].ToString());
        Assert.Equal("/etc/rescan", Mount("settings"));
        Assert.Contains("\"--settings\", \"/etc/rescan/settings.json\"", Image, StringComparison.Ordinal);
        Assert.Equal(
            "[ key.env ]", secrets[((YamlSequenceNode)Container["envFrom"]).Single()["secretRef"]["name"].ToString()]["envs"].ToString());
        Assert.All((string[])[".gitignore", ".dockerignore"], f => Assert.Superset(
            new HashSet<string> { "deploy/.env", "deploy/settings.json", "deploy/kubernetes/key.env", "deploy/kubernetes/settings.json" },
            SourceTree.Read(f).Split('\n').ToHashSet()));
        Assert.Equal(
            Directory.EnumerateFiles(Path.Combine(SourceTree.Root, Kubernetes)).Select(f => Path.GetFileName(f))
            .Where(f => f.EndsWith(".yaml", StringComparison.Ordinal) && f != "kustomization.yaml").Order(),
            ((YamlSequenceNode)kustomization["resources"]).Select(r => r.ToString()).Order());
        string version = Regex.Match(SourceTree.Read("Directory.Build.props"), "<Version>(.*)</Version>").Groups[1].Value;
        Assert.Equal(version, ((YamlSequenceNode)kustomization["images"]).Single()["newTag"].ToString());
    }

    [Fact]
    public void Compose_starts_the_image_as_closed_as_the_docs_do()
    {
        YamlNode file = Load("deploy/compose.yaml");
        YamlNode service = At(file, "services", "rescan");

        Assert.Equal("true", service["read_only"].ToString());
        Assert.Equal("[ ALL ]", service["cap_drop"].ToString());
        Assert.Equal("[ no-new-privileges:true ]", service["security_opt"].ToString());
        Assert.Equal("[ 127.0.0.1:7071:7071 ]", service["ports"].ToString());
        Assert.Equal("[ state:/var/lib/rescan ]", service["volumes"].ToString());
        Assert.True(((YamlMappingNode)file["volumes"]).Children.ContainsKey("state"));
        Assert.StartsWith("${RESCAN_KEY:?", At(service, "environment", "Rescan__Key").ToString(), StringComparison.Ordinal);
        YamlNode secret = ((YamlSequenceNode)service["secrets"]).Single();
        Assert.Equal("/etc/rescan/settings.json", secret["target"].ToString());
        Assert.Equal("./settings.json", At(file, "secrets", secret["source"].ToString(), "file").ToString());
        string build = Path.Combine(SourceTree.Root, "deploy", At(service, "build", "context").ToString());
        Assert.True(File.Exists(Path.Combine(build, At(service, "build", "dockerfile").ToString())));
    }

    private static YamlNode Volume(string name) => ((YamlSequenceNode)Pod["volumes"]).Single(v => v["name"].ToString() == name);

    private static string Mount(string name) =>
        ((YamlSequenceNode)Container["volumeMounts"]).Single(v => v["name"].ToString() == name)["mountPath"].ToString();

    private static YamlNode At(YamlNode node, params string[] path) => path.Aggregate(node, (n, key) => n[key]);

    private static YamlMappingNode Load(string path)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(SourceTree.Read(path)));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }
}
