using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace LiveClip.Tests.Support;

/// <summary>Hands bunit the assembly that Bunit.props copies aside, because its own version is not on the package feed.</summary>
internal static class BunitAssemblies
{
#pragma warning disable CA2255 // A test assembly has no entry point of its own to register this in.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Resolve() => AssemblyLoadContext.Default.Resolving += (context, name) =>
        name.Name == "AngleSharp.Diffing"
            ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "compat", "AngleSharp.Diffing.dll"))
            : null;
}
