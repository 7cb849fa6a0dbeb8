metadata description = 'The one identity of the app: it reads secrets, keeps state, and sends telemetry.'

import { tags as tagsType } from '../types.bicep'

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id, to attach the identity.')
output id string = identity.id

@description('Client id, by which the app picks the identity.')
output clientId string = identity.properties.clientId

@description('Principal id, to which roles are assigned.')
output principalId string = identity.properties.principalId
