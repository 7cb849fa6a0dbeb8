using Rescan.Bench.Polling;

return args switch
{
    ["polling"] => PollingCommand.Run(Docs()),
    ["polling", string docs] => PollingCommand.Run(docs),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project bench -- polling [docs folder]");
    return 64;
}

// The docs of the clone that one stands in.
static string Docs()
{
    for (DirectoryInfo? folder = new(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
    {
        if (File.Exists(Path.Combine(folder.FullName, "Rescan.sln")))
        {
            return Path.Combine(folder.FullName, "docs");
        }
    }

    return "docs";
}
