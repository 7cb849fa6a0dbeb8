metadata description = 'Application Insights. Only Entra identities may send, so its connection string is an address, not a secret.'

import { tags as tagsType } from '../types.bicep'
import { roleIds } from '../roles.bicep'

@description('Name of the component.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Resource id of the workspace that keeps the data.')
param workspaceId string

@description('Name of the app\'s identity; known before anything is deployed, so the names of role assignments are too.')
param identityName string

@description('Principal id of the app\'s identity, which may send.')
param principalId string

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: workspaceId
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, identityName, roleIds.monitoringMetricsPublisher)
  scope: component
  properties: {
    description: 'Rescan: sends telemetry'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roleIds.monitoringMetricsPublisher
    )
  }
}

@description('Resource id of the component.')
output id string = component.id
