namespace Rescan.Tests.Infra;

/// <summary>Lets all tests of the template share what was compiled.</summary>
[CollectionDefinition(nameof(InfraFixture))]
public sealed class InfraCollection : ICollectionFixture<InfraFixture>;

/// <summary>Compiles once: the template, the sample's deployment, and one with everything optional turned on.</summary>
public sealed class InfraFixture : IAsyncLifetime
{
    private const string Everything = """
        using 'main.bicep'
        param environmentName = 'all'
        param location = 'westeurope'
        param appliances = [
          {
            name: 'Aws.One'
            baseUrl: 'https://one.example:11005'
            username: 'rescan'
            passwordSecret: 'one'
            thumbprints: [
              'AA:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:01'
              'bb00000000000000000000000000000000000000000000000000000000000002'
            ]
            apiVersion: 'auto'
            maxConcurrentRescans: 7
          }
          {
            name: 'Aws.Two'
            baseUrl: 'https://two.example:11005'
            username: 'rescan'
          }
        ]
        param deadline = '12:00:00'
        param lostAnswerWait = '00:03:00'
        param runDeadline = '11:00:00'
        param retry = { after: '00:45:00', atMost: 2 }
        param schedules = [
          {
            cron: '0 2 * * *'
            zone: 'W. Europe Standard Time'
            appliances: ['Aws.One']
            include: ['prod-*']
            exclude: ['*-test']
            bucket: 'backups'
            folder: 'prod'
          }
          { name: 'weekly', cron: '0 4 * * 0' }
        ]
        param pausedUntil = '2026-05-04T06:00:00Z'
        param webhooks = {
          rescanSecrets: ['hook-secret', 'hook-secret-old']
          s3ApiKeySecrets: ['s3-key']
          s3ApiKeyHeader: 'x-rescan-key'
          s3TopicArns: ['arn:aws:sns:eu-west-1:123456789012:backups']
          s3QuietPeriod: '00:05:00'
          s3MaxWait: '00:30:00'
        }
        param channels = [
          { kind: 'webhook', name: 'ops', urlSecret: 'ops-url', secretName: 'ops-secret', when: 'always', runs: 'change' }
          { kind: 'slack', urlSecret: 'slack-url' }
          {
            kind: 'mail'
            secretName: 'mail-password'
            mail: {
              host: 'smtp.example.com'
              port: 2525
              security: 'starttls'
              thumbprints: ['0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef']
              username: 'rescan'
              from: 'Rescan <rescan@example.com>'
              to: ['ops@example.com', 'second@example.com']
            }
          }
        ]
        param publicUrl = 'https://rescan.example'
        param polling = { kappa: '7.5', minInterval: '00:00:03', maxInterval: '00:05:00' }
        param additionalSettings = { EXTRA: 'yes' }
        param signIn = { clientId: '00000000-0000-0000-0000-00000000000c', tenantId: '00000000-0000-0000-0000-00000000000d' }
        param backend = 'Scheduler'
        param network = { kind: 'new' }
        param storageSku = 'Standard_GRS'
        param zoneRedundant = true
        param alwaysReadyInstances = 1
        param alertEmails = ['one@example.com', 'two@example.com']
        param officerId = '00000000-0000-0000-0000-00000000000f'
        param officerType = 'Group'
        """;

    public BicepCompiler Compiler { get; } = new();

    public string Template { get; private set; } = "";

    public Deployment Sample { get; private set; } = null!;

    public Deployment Full { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        (int exitCode, string output, string complaints) = await Compiler.RunAsync("build", "main.bicep", "--stdout");
        Assert.True(exitCode == 0 && complaints.Length == 0, complaints);
        Template = output;
        Compiler.Write("everything.bicepparam", Everything);
        Sample = await Compiler.PredictAsync("main.bicepparam");
        Full = await Compiler.PredictAsync("everything.bicepparam");
    }

    public Task DisposeAsync()
    {
        Compiler.Dispose();
        return Task.CompletedTask;
    }
}
