metadata description = 'Log Analytics workspace: everything the app and its resources report ends here.'

import { tags as tagsType } from '../types.bicep'

@description('Name of the workspace.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Days that data is kept.')
@minValue(30)
@maxValue(730)
param retentionInDays int

@description('GiB a day after which ingestion stops until the next day; -1: no cap.')
param dailyCapGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionInDays
    workspaceCapping: {
      dailyQuotaGb: dailyCapGb
    }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

@description('Resource id of the workspace.')
output id string = workspace.id
