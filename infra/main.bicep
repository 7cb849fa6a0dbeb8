metadata name = 'Rescan'
metadata description = 'Rescan on Azure Functions Flex Consumption, with nothing shared and no key anywhere.'

targetScope = 'subscription'

import {
  appliance
  channel
  durableBackend
  network as networkType
  polling as pollingType
  retry as retryType
  reach as reachType
  schedule
  settings
  signIn as signInType
  tags as tagsType
  webhooks as webhooksType
} from 'types.bicep'
import {
  applianceSettings
  channelSettings
  pollingSettings
  retrySettings
  scheduleSettings
  secretNames
  webhookSettings
} from 'settings.bicep'

@description('Name of the environment; it becomes part of the resource group\'s name.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region; must offer Flex Consumption.')
@minLength(1)
param location string

@description('The appliances, at least one.')
@minLength(1)
param appliances appliance[]

@description('When runs begin by themselves. None: one, nightly, at 01:30 UTC, over all repositories.')
param schedules schedule[] = []

@description('Until when no scheduled run begins, such as 2026-05-04T06:00:00Z; empty: they begin. A pause by the API holds besides.')
param pausedUntil string = ''

@description('How long one rescan may take: d.hh:mm:ss, 1 second to 7 days.')
param deadline string = '1.00:00:00'

@description('How long the answer to a rescan\'s POST may be lost before it is posted again: hh:mm:ss, 1 second to 1 hour; longer behind a slow proxy.')
param lostAnswerWait string = '00:02:00'

@description('How long a run over many repositories may take before it starts no more rescans: d.hh:mm:ss, 1 minute to 7 days.')
param runDeadline string = '23:00:00'

@description('Whether what failed in a run is rescanned again by itself; never unless atMost says how often.')
param retry retryType = {}

@description('The hooks, by which other systems start rescans; closed unless given secrets.')
param webhooks webhooksType = {}

@description('Whom to tell how rescans end, besides the mails of alerts.')
param channels channel[] = []

@description('Address under which people reach the app, for links in notifications; empty: the app\'s own.')
param publicUrl string = ''

@description('Sign-in by Microsoft Entra in front of page and API; none: function keys.')
param signIn signInType?

@description('When sessions are polled.')
param polling pollingType = {}

@description('Further app settings; these win over those made here. Never a secret: name one that is in the vault.')
param additionalSettings settings = {}

@description('Who runs orchestrations. The package must be built with the same DurableBackend.')
param backend durableBackend = 'Storage'

@description('How the app reaches appliances, and from where its own storage and vault are reached.')
param network networkType = { kind: 'none' }

@description('Public addresses and ranges from which secrets can be set though the vault is not reached from the internet.')
param officerAddresses string[] = []

@description('Redundancy of the storage account.')
param storageSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS' = 'Standard_LRS'

@description('Run the app in several zones. Storage then does too, and the platform keeps two instances of each group of functions always ready, which are billed.')
param zoneRedundant bool = false

@description('Mail addresses that alerts go to.')
param alertEmails string[] = []

@description('Places that the health test runs from; each is billed.')
@minLength(1)
param healthTestLocations string[] = ['emea-nl-ams-azr']

@description('Object id of the person, group or service that sets the secrets; empty: grant that right yourself.')
param officerId string = ''

@description('What the officer is.')
param officerType 'User' | 'Group' | 'ServicePrincipal' = 'User'

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param retentionInDays int = 90

@description('GiB of logs a day after which ingestion stops until the next day; -1: no cap. Alerts are blind while it has stopped.')
param dailyCapGb int = -1

@description('Memory of an instance, MiB.')
param instanceMemoryMB 512 | 2048 | 4096 = 2048

@description('Instances that are kept running for orchestrations and activities, each billed all the time. 0: polls wait for a cold start.')
@minValue(0)
@maxValue(1000)
param alwaysReadyInstances int = 0

@description('Most instances that each group of functions may grow to.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Tags of every resource.')
param tags tagsType = {}

var allTags = union(tags, { 'azd-env-name': environmentName })
var token = uniqueString(subscription().id, environmentName, location)
var suffix = 'rescan-${token}'
var identityName = 'id-${suffix}'
var insightsName = 'appi-${suffix}'
var storageName = 'strescan${token}'
var vaultName = 'kv-${suffix}'
var zonalSkus = {
  Standard_LRS: 'Standard_ZRS'
  Standard_ZRS: 'Standard_ZRS'
  Standard_GRS: 'Standard_GZRS'
  Standard_GZRS: 'Standard_GZRS'
}
var reach reachType = network.?storageAndVault.?from ?? 'internet'
var hasOwnPrivateEndpoints = network.kind == 'new' && reach == 'privateEndpoints'
var appSubnetId = network.kind == 'new' ? ownNetwork!.outputs.subnetId : (network.?subnetId ?? '')

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-rescan-${environmentName}'
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    name: identityName
    location: location
    tags: allTags
  }
}

module workspace 'modules/workspace.bicep' = {
  scope: group
  params: {
    name: 'log-${suffix}'
    location: location
    tags: allTags
    retentionInDays: retentionInDays
    dailyCapGb: dailyCapGb
  }
}

module insights 'modules/insights.bicep' = {
  scope: group
  params: {
    name: insightsName
    location: location
    tags: allTags
    workspaceId: workspace.outputs.id
    identityName: identityName
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: storageName
    location: location
    tags: allTags
    sku: zoneRedundant ? zonalSkus[storageSku] : storageSku
    reach: reach
    subnetId: reach == 'subnet' ? appSubnetId : ''
    backend: backend
    identityName: identityName
    principalId: identity.outputs.principalId
    workspaceId: workspace.outputs.id
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    name: vaultName
    location: location
    tags: allTags
    identityName: identityName
    principalId: identity.outputs.principalId
    officerId: officerId
    officerType: officerType
    officerAddresses: officerAddresses
    reach: reach
    subnetId: reach == 'subnet' ? appSubnetId : ''
    workspaceId: workspace.outputs.id
  }
}

module ownNetwork 'modules/network.bicep' = if (network.kind == 'new') {
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: allTags
    addressPrefix: network.?addressPrefix ?? '10.64.0.0/24'
    subnetPrefix: network.?subnetPrefix ?? '10.64.0.0/26'
    fixedOutboundAddress: network.?fixedOutboundAddress ?? true
    serviceEndpoints: reach == 'subnet'
    endpointSubnetPrefix: hasOwnPrivateEndpoints ? (network.?storageAndVault.?subnetPrefix ?? '10.64.0.64/27') : ''
    workspaceId: workspace.outputs.id
  }
}

module endpoints 'modules/endpoints.bicep' = if (reach == 'privateEndpoints') {
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: allTags
    storageName: storageName
    vaultName: vaultName
    backend: backend
    subnetId: network.kind == 'new' ? ownNetwork!.outputs.endpointSubnetId : network.storageAndVault!.subnetId
    hasOwnZones: hasOwnPrivateEndpoints
    networkId: network.kind == 'new' ? ownNetwork!.outputs.networkId : ''
    zoneIds: network.?storageAndVault.?zoneIds
  }
  dependsOn: [storage, vault]
}

module scheduler 'modules/scheduler.bicep' = if (backend == 'Scheduler') {
  scope: group
  params: {
    name: 'dts-${suffix}'
    location: location
    tags: allTags
    identityName: identityName
    principalId: identity.outputs.principalId
  }
}

var schedulerSettings = backend == 'Scheduler'
  ? {
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler!.outputs.endpoint};Authentication=ManagedIdentity;ClientID=${identity.outputs.clientId}'
      TASKHUB_NAME: scheduler!.outputs.hubName
    }
  : {}

// The app starts only after its identity has got its roles, and the network its endpoints: each of the modules it depends on assigns
// those on its own resource.
module app 'modules/app.bicep' = {
  scope: group
  params: {
    name: 'func-${suffix}'
    planName: 'plan-${suffix}'
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packagesUri: storage.outputs.packagesUri
    insightsName: insightsName
    subnetId: appSubnetId
    zoneRedundant: zoneRedundant
    instanceMemoryMB: instanceMemoryMB
    alwaysReadyInstances: alwaysReadyInstances
    maximumInstanceCount: maximumInstanceCount
    workspaceId: workspace.outputs.id
    signIn: signIn
    settings: union(
      {
        Rescan__Deadline: deadline
        Rescan__LostAnswerWait: lostAnswerWait
        Rescan__RunDeadline: runDeadline
        Rescan__KeyVaultUri: vault.outputs.uri
        Rescan__Outcomes__TableServiceUri: storage.outputs.tableUri
      },
      applianceSettings(appliances),
      pollingSettings(polling),
      retrySettings(retry),
      scheduleSettings(schedules),
      webhookSettings(webhooks, vault.outputs.name),
      channelSettings(channels),
      empty(pausedUntil) ? {} : { Rescan__PausedUntil: pausedUntil },
      empty(publicUrl) ? {} : { Rescan__PublicUrl: publicUrl },
      schedulerSettings,
      additionalSettings
    )
  }
  dependsOn: [insights, endpoints]
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: allTags
    emails: alertEmails
    workspaceId: workspace.outputs.id
    insightsId: insights.outputs.id
    apiUrl: app.outputs.apiUrl
    healthTestLocations: healthTestLocations
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: allTags
    workspaceId: workspace.outputs.id
  }
}

@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output FUNCTION_APP_NAME string = app.outputs.name

@description('Public address of the API.')
output API_URL string = app.outputs.apiUrl

@description('Client id of the app registration that callers sign in to; empty where they show function keys.')
output SIGN_IN_CLIENT_ID string = signIn.?clientId ?? ''

@description('Name of the vault.')
output KEY_VAULT_NAME string = vault.outputs.name

@description('Names of the secrets to set in the vault.')
output VAULT_ENTRIES_TO_SET string[] = secretNames(appliances, webhooks, channels)

@description('Public address that appliances see; empty when it is not fixed here.')
output OUTBOUND_ADDRESS string = network.kind == 'new' ? ownNetwork!.outputs.outboundAddress : ''
