metadata description = 'Turns parameters into app settings, spelt as the options classes in functions/Configuration read them.'

import { appliance, channel, mail, polling, retry, schedule, settings, webhooks } from './types.bicep'

@export()
@description('Name of the secret that holds the password of an appliance.')
func passwordSecretOf(one appliance) string => one.?passwordSecret ?? '${replace(toLower(one.name), '.', '-')}-password'

func listSettings(key string, values string[]) settings =>
  toObject(range(0, length(values)), i => '${key}__${i}', i => values[i])

func optionalSetting(key string, value string?) settings => value == null ? {} : { '${key}': value! }

// The platform puts the secret in its place, by the app's identity, and looks for a new version once a day.
func referenceTo(vaultName string, secret string) string =>
  '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${secret})'

func oneAppliance(index int, one appliance) settings =>
  union(
    {
      'Rescan__Appliances__${index}__Name': one.name
      'Rescan__Appliances__${index}__Kind': one.?kind ?? 'VeeamBackupForAws'
      'Rescan__Appliances__${index}__BaseUrl': one.baseUrl
      'Rescan__Appliances__${index}__Username': one.username
      'Rescan__Appliances__${index}__PasswordSecret': passwordSecretOf(one)
      'Rescan__Appliances__${index}__ApiVersion': one.?apiVersion ?? ''
      'Rescan__Appliances__${index}__MaxConcurrentRescans': string(one.?maxConcurrentRescans ?? 4)
    },
    listSettings('Rescan__Appliances__${index}__Thumbprints', one.?thumbprints ?? [])
  )

@export()
@description('Settings of all appliances.')
func applianceSettings(appliances appliance[]) settings =>
  reduce(map(appliances, (one, index) => oneAppliance(index, one)), {}, (all, one) => union(all, one))

@export()
@description('Settings of polling; nothing for what keeps its default.')
func pollingSettings(values polling) settings =>
  union(
    optionalSetting('Rescan__Polling__Kappa', values.?kappa),
    optionalSetting('Rescan__Polling__MinInterval', values.?minInterval),
    optionalSetting('Rescan__Polling__MaxInterval', values.?maxInterval)
  )

func oneSchedule(index int, one schedule) settings =>
  union(
    optionalSetting('Rescan__Schedules__${index}__Name', one.?name ?? 'nightly'),
    optionalSetting('Rescan__Schedules__${index}__Cron', one.?cron),
    optionalSetting('Rescan__Schedules__${index}__Zone', one.?zone),
    listSettings('Rescan__Schedules__${index}__Appliances', one.?appliances ?? []),
    listSettings('Rescan__Schedules__${index}__Include', one.?include ?? []),
    listSettings('Rescan__Schedules__${index}__Exclude', one.?exclude ?? []),
    optionalSetting('Rescan__Schedules__${index}__Bucket', one.?bucket),
    optionalSetting('Rescan__Schedules__${index}__Folder', one.?folder)
  )

@export()
@description('Settings of retries; nothing for what keeps its default.')
func retrySettings(values retry) settings =>
  union(
    optionalSetting('Rescan__Retry__After', values.?after),
    optionalSetting('Rescan__Retry__AtMost', values.?atMost == null ? null : string(values.atMost!))
  )

@export()
@description('Settings of all schedules.')
func scheduleSettings(schedules schedule[]) settings =>
  reduce(map(schedules, (one, index) => oneSchedule(index, one)), {}, (all, one) => union(all, one))

@export()
@description('Settings of the hooks.')
func webhookSettings(values webhooks, vaultName string) settings =>
  union(
    listSettings(
      'Rescan__Webhooks__Secrets',
      map(values.?rescanSecrets ?? [], secret => referenceTo(vaultName, secret))
    ),
    listSettings(
      'Rescan__Webhooks__S3__ApiKeys',
      map(values.?s3ApiKeySecrets ?? [], secret => referenceTo(vaultName, secret))
    ),
    optionalSetting('Rescan__Webhooks__S3__ApiKeyHeader', values.?s3ApiKeyHeader),
    listSettings('Rescan__Webhooks__S3__TopicArns', values.?s3TopicArns ?? []),
    optionalSetting('Rescan__Webhooks__S3__QuietPeriod', values.?s3QuietPeriod),
    optionalSetting('Rescan__Webhooks__S3__MaxWait', values.?s3MaxWait)
  )

func mailSettings(key string, one mail) settings =>
  union(
    {
      '${key}__Host': one.host
      '${key}__Security': one.security
      '${key}__From': one.from
    },
    optionalSetting('${key}__Port', one.?port == null ? null : string(one.port!)),
    optionalSetting('${key}__Username', one.?username),
    listSettings('${key}__Thumbprints', one.?thumbprints ?? []),
    listSettings('${key}__To', one.to)
  )

func oneChannel(index int, one channel) settings =>
  union(
    {
      'Rescan__Notifications__Channels__${index}__Kind': one.kind
    },
    optionalSetting('Rescan__Notifications__Channels__${index}__UrlSecret', one.?urlSecret),
    optionalSetting('Rescan__Notifications__Channels__${index}__Name', one.?name),
    optionalSetting('Rescan__Notifications__Channels__${index}__SecretName', one.?secretName),
    optionalSetting('Rescan__Notifications__Channels__${index}__When', one.?when),
    optionalSetting('Rescan__Notifications__Channels__${index}__Runs', one.?runs),
    one.?mail == null ? {} : mailSettings('Rescan__Notifications__Channels__${index}__Mail', one.mail!)
  )

@export()
@description('Settings of all channels.')
func channelSettings(channels channel[]) settings =>
  reduce(map(channels, (one, index) => oneChannel(index, one)), {}, (all, one) => union(all, one))

@export()
@description('Names of the secrets that have to be in the vault.')
func secretNames(appliances appliance[], hooks webhooks, channels channel[]) string[] =>
  union(
    map(appliances, one => passwordSecretOf(one)),
    hooks.?rescanSecrets ?? [],
    hooks.?s3ApiKeySecrets ?? [],
    map(filter(channels, one => one.?urlSecret != null), one => one.urlSecret!),
    map(filter(channels, one => one.?secretName != null), one => one.secretName!)
  )
