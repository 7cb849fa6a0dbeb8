using System.Reflection;
using System.Runtime.InteropServices;

namespace Rescan.Tests.Parity;

/// <summary>Every type and member that the contracts declare stands in Microsoft's packages with the same signature.</summary>
public sealed class ContractsParityTests : IDisposable
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] Framework = [.. new[] { RuntimeEnvironment.GetRuntimeDirectory(), Path.GetDirectoryName(typeof(Microsoft.AspNetCore.Http.HttpContext).Assembly.Location)! }
        .SelectMany(folder => Directory.GetFiles(folder, "*.dll"))];

    private readonly MetadataLoadContext contracts = new(new PathAssemblyResolver([.. Framework, ContractsPath]));
    private readonly MetadataLoadContext packages = new(new PathAssemblyResolver([.. Framework.Concat(Packages).DistinctBy(Path.GetFileName)]));

    private static string ContractsPath => typeof(ContractsParityTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "ContractsPath").Value!;

    private static IEnumerable<string> Packages => Directory.GetFiles(AppContext.BaseDirectory, "*.dll");

    public void Dispose()
    {
        contracts.Dispose();
        packages.Dispose();
    }

    [Fact]
    public void The_contracts_have_the_signatures_of_the_packages()
    {
        Dictionary<string, Type> genuine = Packages
            .Where(path => Path.GetFileName(path) is { } name && (name.StartsWith("Microsoft.DurableTask.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Azure.Functions.Worker", StringComparison.Ordinal) || name == "DurableTask.Core.dll"))
            .SelectMany(path => packages.LoadFromAssemblyPath(path).GetExportedTypes())
            .DistinctBy(type => type.FullName)
            .ToDictionary(type => type.FullName!);
        Type[] declared = contracts.LoadFromAssemblyPath(ContractsPath).GetExportedTypes();
        List<string> differences = [];
        foreach (Type type in declared)
        {
            if (!genuine.TryGetValue(type.FullName!, out Type? real))
            {
                differences.Add($"{type.FullName} is in no package");
                continue;
            }

            if (Describe(type) != Describe(real))
            {
                differences.Add($"{type.FullName}: {Describe(type)}; in the package: {Describe(real)}");
            }

            HashSet<string> members = [.. Members(real)];
            differences.AddRange(Members(type).Where(m => !members.Contains(m)).Select(m => $"{type.FullName}: {m} is not in the package"));
        }

        Assert.NotEmpty(declared);
        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences));
    }

    private static string Describe(Type type) =>
        $"{(type.IsEnum ? "enum " : type.IsValueType ? "struct " : type.IsInterface ? "interface " : "class ")}{(type.IsAbstract ? "abstract " : "")}{(type.IsSealed ? "sealed " : "")}: {type.BaseType}";

    /// <summary>What another assembly can see, less the members that the compiler adds to records and that nobody calls.</summary>
    private static IEnumerable<string> Members(Type type) => type.GetMembers(Own)
        .Where(m => m is not MethodBase method || method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly)
        .Where(m => m is not TypeInfo)
        .Where(m => m is not FieldInfo field || field.IsPublic || field.IsFamily)
        .Where(m => m is not PropertyInfo property || property.GetAccessors(true).Any(a => a.IsPublic || a.IsFamily))
        .Where(m => m.Name is not ("EqualityContract" or "get_EqualityContract" or "PrintMembers" or "<Clone>$"))
        .Where(m => m is not ConstructorInfo constructor || !IsCopy(constructor))
        .Select(Signature);

    private static bool IsCopy(ConstructorInfo constructor) => constructor.GetParameters() is [{ } only] && only.ParameterType == constructor.DeclaringType;

    private static string Signature(MemberInfo member) => member switch
    {
        MethodInfo method => $"{Access(method)}{(method.IsStatic ? "static " : "")}{(method.IsAbstract ? "abstract " : method.IsVirtual ? "virtual " : "")}{method.ReturnType} {method.Name}`{method.GetGenericArguments().Length}({Parameters(method)})",
        ConstructorInfo constructor => $"{Access(constructor)}constructor({Parameters(constructor)})",
        PropertyInfo property => $"property {property.PropertyType} {property.Name} {Setter(property)}",
        FieldInfo { IsLiteral: true } field => $"constant {field.Name} = {field.GetRawConstantValue()}",
        FieldInfo field => $"field {field.FieldType} {field.Name}",
        _ => member.ToString()!,
    };

    private static string Access(MethodBase method) => method.IsPublic ? "public " : "protected ";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p => $"{p.ParameterType} {p.Name}{(p.HasDefaultValue ? $" = {p.RawDefaultValue ?? "null"}" : "")}"));

    private static string Setter(PropertyInfo property) => property.SetMethod is { } setter && (setter.IsPublic || setter.IsFamily)
        ? setter.ReturnParameter.GetRequiredCustomModifiers().Length > 0 ? "init" : "set"
        : "get";
}
