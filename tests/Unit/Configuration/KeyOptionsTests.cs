using Rescan.Functions.Configuration;

namespace Rescan.Tests.Unit.Configuration;

/// <summary>Keys of callers, their names and roles, and what is wrong with them.</summary>
public sealed class KeyOptionsTests : IDisposable
{
    private const string One = "0123456789abcdef-one";
    private const string Two = "0123456789abcdef-two";
    private readonly string folder = Directory.CreateTempSubdirectory("rescan-keys-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_key_may_stand_in_a_file_and_a_blank_entry_counts_for_nothing()
    {
        ServeOptions options = new()
        {
            Key = "fedcba9876543210",
            Keys =
            [
                new() { Name = "watch", Key = One, Role = "viewer" }, new(),
                new() { Name = "ops@example", KeyFile = Write("key", Two + "\r\n"), Role = " OPERATOR " },
            ],
        };

        Assert.Empty(FaultsOf(options));
        Assert.Equal([("", "fedcba9876543210"), ("watch", One), ("ops@example", Two)], options.AllKeys().Select(k => (k.Name, k.Key!)));
    }

    [Theory]
    [InlineData("", One, "Viewer", "Rescan__Keys__0__Name: letters, digits")]
    [InlineData("a b", One, "Viewer", "Rescan__Keys__0__Name: letters, digits")]
    [InlineData("a\n", One, "Viewer", "Rescan__Keys__0__Name: letters, digits")]
    [InlineData("ops", "", "Viewer", "Rescan__Keys__0__Key: a key of at least 16 characters, or KeyFile")]
    [InlineData("ops", "short-k3y", "Viewer", "Rescan__Keys__0__Key: a key of at least 16 characters, such as")]
    [InlineData("ops", "                 ", "Viewer", "Rescan__Keys__0__Key: letters, digits and signs of ASCII without blanks")]
    [InlineData("ops", "0123456789abcd\u00e9f", "Viewer", "Rescan__Keys__0__Key: letters, digits and signs of ASCII without blanks")]
    [InlineData("ops", "@Microsoft.KeyVault(SecretUri=https://x/secrets/y)", "Viewer", "Rescan__Keys__0__Key: its Key Vault reference")]
    [InlineData("ops", One, "admin", "Rescan__Keys__0__Role: Viewer, which looks, or Operator")]
    [InlineData("ops", One, "", "Rescan__Keys__0__Role: Viewer, which looks, or Operator")]
    [InlineData("ops", One, "None", "Rescan__Keys__0__Role: Viewer, which looks, or Operator")]
    [InlineData("ops", One, "1", "Rescan__Keys__0__Role: Viewer, which looks, or Operator")]
    public void A_fault_names_its_setting_and_no_key(string name, string key, string role, string fault)
    {
        string told = Assert.Single(FaultsOf(new ServeOptions { Keys = [new() { Name = name, Key = key, Role = role }] }));

        Assert.StartsWith(fault, told, StringComparison.Ordinal);
        Assert.True(string.IsNullOrWhiteSpace(key) || !told.Contains(key, StringComparison.Ordinal), told);
    }

    [Fact]
    public void Two_keys_of_one_name_and_two_names_of_one_key_are_faults() => Assert.Equal(
        [
            "Rescan__Keys__1__Name: Rescan__Keys__0 has this name already",
            "Rescan__Keys__2__KeyFile: the same key stands in Rescan__Keys__0__Key",
            "Rescan__Keys__3__Key: the same key stands in Rescan__Key",
        ],
        FaultsOf(new ServeOptions
        {
            Key = "fedcba9876543210",
            Keys =
            [
                new() { Name = "ops", Key = One }, new() { Name = "OPS", Key = Two }, new() { Name = "dba", KeyFile = Write("same", One) },
                new() { Name = "boss", Key = "fedcba9876543210" },
            ],
        }));

    [Fact]
    public void A_file_that_cannot_be_read_or_holds_no_key_is_a_fault()
    {
        string missing = Path.Combine(folder, "none");
        KeyOptions[] keys =
        [
            new() { Name = "a", KeyFile = missing }, new() { Name = "b", KeyFile = folder },
            new() { Name = "c", KeyFile = Write("empty", "\n") }, new() { Name = "d", KeyFile = Write("large", new string('x', 5000)) },
            new() { Name = "e", Key = One, KeyFile = missing },
        ];

        Assert.Equal(
            [
                $"Rescan__Keys__0__KeyFile: {missing} cannot be read: there is no such file",
                $"Rescan__Keys__1__KeyFile: {folder} cannot be read: it is a folder, or this user may not read it",
                $"Rescan__Keys__2__KeyFile: {Path.Combine(folder, "empty")} is empty",
                $"Rescan__Keys__3__KeyFile: {Path.Combine(folder, "large")} is too large to hold nothing but a key",
                "Rescan__Keys__4__KeyFile: give Key or KeyFile, not both",
            ],
            FaultsOf(new ServeOptions { Keys = keys }));
        Assert.Empty(new ServeOptions { Keys = keys }.AllKeys());
    }

    private static IEnumerable<string> FaultsOf(ServeOptions options) => new ServeOptionsValidator().Validate(null, options).Failures ?? [];

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
