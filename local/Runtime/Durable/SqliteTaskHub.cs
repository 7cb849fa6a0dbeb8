using DurableTask.Core;

namespace Rescan.Local.Runtime.Durable;

internal sealed class SqliteTaskHub : TaskHub
{
    public override Task<Exception> Failed => throw new NotImplementedException();

    internal override IOrchestrationService Service => throw new NotImplementedException();

    internal override IOrchestrationServiceClient Client => throw new NotImplementedException();

    internal override ITaskHubValues Values => throw new NotImplementedException();

    public static new Task<TaskHub> OpenAsync(TaskHubOptions options, CancellationToken cancellationToken) => throw new NotImplementedException(options.StateFile);

    public static new Task<TaskHub?> OpenToReadAsync(TaskHubOptions options, CancellationToken cancellationToken) => throw new NotImplementedException(options.StateFile);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
