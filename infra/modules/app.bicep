metadata description = 'The function app on Flex Consumption: no keys, no passwords, HTTPS only.'

import { settings as settingsType, signIn as signInType, tags as tagsType } from '../types.bicep'

@description('Name of the app; it becomes part of its public address.')
param name string

@description('Name of the plan.')
param planName string

@description('Region; must offer Flex Consumption.')
param location string

@description('Tags.')
param tags tagsType

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Name of the storage account.')
param storageName string

@description('Address of the container that deployments go to.')
param packagesUri string

@description('Name of the Application Insights component.')
param insightsName string

@description('Settings of Rescan itself, and of its durable backend.')
param settings settingsType

@description('Sign-in in front of the app; none: function keys.')
param signIn signInType?

@description('Resource id of the subnet to send through; empty: none.')
param subnetId string

@description('Whether instances are spread over zones.')
param zoneRedundant bool

@description('Memory of an instance, MiB.')
param instanceMemoryMB 512 | 2048 | 4096

@description('Instances that are kept running for orchestrations and activities.')
@minValue(0)
param alwaysReadyInstances int

@description('Most instances that each group of functions may grow to.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Resource id of the workspace that diagnostics go to.')
param workspaceId string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packagesUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'durable', instanceCount: alwaysReadyInstances }]
      }
    }
  }

  // One after the other: the platform refuses a change of an app while another is under way.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    // Refused without, though the type does not list it.
    #disable-next-line BCP187
    location: location
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    #disable-next-line BCP187
    location: location
    properties: {
      allow: false
    }
    dependsOn: [ftp]
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(
      {
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
        APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
        AZURE_CLIENT_ID: identityClientId
        // Else the app's libraries would try other credentials too, such as a developer's.
        AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
        AzureWebJobsStorage__accountName: storageName
        AzureWebJobsStorage__clientId: identityClientId
        AzureWebJobsStorage__credential: 'managedidentity'
        // The host's own exporter keeps 5 traces a second otherwise.
        OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
        OTEL_TRACES_SAMPLER_ARG: '1.0'
        Rescan__PublicUrl: 'https://${app.properties.defaultHostName}'
      },
      settings
    )
    dependsOn: [scm]
  }

  // The app sees by the platform's own setting that this is on, and believes the platform's headers only then.
  resource signInSettings 'config' = if (signIn != null) {
    name: 'authsettingsV2'
    properties: {
      platform: {
        enabled: true
      }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'RedirectToLoginPage'
        redirectToProvider: 'azureactivedirectory'
        // Hooks have secrets of their own; health and the description tell nothing that is worth a secret.
        excludedPaths: [
          '/api/hooks/rescan'
          '/api/hooks/s3'
          '/api/health'
          '/api/health/live'
          '/api/openapi.json'
        ]
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            clientId: signIn!.clientId
            openIdIssuer: '${environment().authentication.loginEndpoint}${signIn!.?tenantId ?? tenant().tenantId}/v2.0'
          }
          validation: {
            allowedAudiences: [
              signIn!.clientId
              'api://${signIn!.clientId}'
            ]
          }
        }
      }
      login: {
        preserveUrlFragmentsForLogins: true
        tokenStore: {
          enabled: false
        }
      }
      httpSettings: {
        requireHttps: true
      }
    }
    dependsOn: [appSettings]
  }
}

// The stable 2016 version of diagnostic settings knows no category groups.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'rescan'
  scope: app
  properties: {
    workspaceId: workspaceId
    // Also what the host says when it cannot reach Application Insights, such as why it does not start.
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Name of the app.')
output name string = app.name

@description('Public address of the API.')
output apiUrl string = 'https://${app.properties.defaultHostName}/api'
