metadata description = 'Workbook with outcomes, durations, polls and requests.'

import { tags as tagsType } from '../types.bicep'

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Resource id of the workspace.')
param workspaceId string

var outcomes = loadTextContent('../queries/outcomes.kql')

var charts = [
  {
    name: 'repositories'
    title: 'Repositories, longest without a rescan first'
    visualization: 'table'
    query: loadTextContent('../queries/repositories.kql')
  }
  {
    name: 'outcomes'
    title: 'Outcomes a day'
    visualization: 'barchart'
    query: loadTextContent('../queries/outcomes-by-day.kql')
  }
  {
    name: 'durations'
    title: 'Duration, seconds'
    visualization: 'linechart'
    query: loadTextContent('../queries/durations.kql')
  }
  {
    name: 'polls'
    title: 'Polls'
    visualization: 'linechart'
    query: loadTextContent('../queries/polls.kql')
  }
  {
    name: 'requests'
    title: 'Requests to appliances'
    visualization: 'linechart'
    query: loadTextContent('../queries/requests.kql')
  }
]

var days = [7, 14, 30, 90]

var range = [
  {
    type: 9
    content: {
      version: 'KqlParameterItem/1.0'
      style: 'pills'
      parameters: [
        {
          id: guid(workspaceId, 'range')
          version: 'KqlParameterItem/1.0'
          name: 'Range'
          type: 4
          isRequired: true
          value: {
            durationMs: days[2] * 86400000
          }
          typeSettings: {
            selectableValues: map(days, day => { durationMs: day * 86400000 })
          }
        }
      ]
    }
    name: 'range'
  }
]

var items = map(charts, chart => {
  type: 3
  content: {
    version: 'KqlItem/1.0'
    query: '${outcomes}${chart.query}'
    size: 0
    title: chart.title
    timeContextFromParameter: 'Range'
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    crossComponentResources: [workspaceId]
    visualization: chart.visualization
  }
  name: chart.name
})

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'rescan-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: 'Rescan'
    sourceId: workspaceId
    version: 'Notebook/1.0'
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat(range, items)
      fallbackResourceIds: [workspaceId]
    })
  }
}
