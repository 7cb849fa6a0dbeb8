metadata description = 'Who is told when a repository goes without a rescan, when rescans fail, and when the app is ill.'

import { tags as tagsType } from '../types.bicep'

@description('Suffix of the names.')
param suffix string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Mail addresses that are told; none: alerts are only listed in the portal.')
param emails string[]

@description('Resource id of the workspace.')
param workspaceId string

@description('Resource id of the Application Insights component.')
param insightsId string

@description('Public address of the API.')
param apiUrl string

@description('Places that the health test runs from, by their ids.')
@minLength(1)
param healthTestLocations string[]

var outcomes = loadTextContent('../queries/outcomes.kql')

var identifyRepository = [
  {
    name: 'Appliance'
    operator: 'Include'
    values: ['*']
  }
  {
    name: 'Repository'
    operator: 'Include'
    values: ['*']
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'rescan'
    emailReceivers: [
      for (email, index) in emails: {
        name: 'mail-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource overdue 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'overdue-${suffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Rescan: no successful rescan of a repository in 26 hours'
    description: 'A repository seen in the last two days has no rescan that ended Succeeded or Warning in 26 hours; (any) means that none has.'
    enabled: true
    severity: 1
    scopes: [workspaceId]
    // The first deployment comes before the first trace, when the columns of its table may not be there to check against.
    skipQueryValidation: true
    evaluationFrequency: 'PT1H'
    windowSize: 'P2D'
    // The rows leave the window after two days; that must not read as mended.
    autoMitigate: false
    muteActionsDuration: 'P1D'
    criteria: {
      allOf: [
        {
          query: '${outcomes}${loadTextContent('../queries/overdue.kql')}'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: identifyRepository
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [people.id]
    }
  }
}

resource failing 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'failing-${suffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Rescan: a rescan failed'
    description: 'A rescan ended Failed, TimedOut, Lost, Rejected or Unreachable in the last hour.'
    enabled: true
    severity: 2
    scopes: [workspaceId]
    skipQueryValidation: true
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    autoMitigate: false
    muteActionsDuration: 'PT1H'
    criteria: {
      allOf: [
        {
          query: '${outcomes}${loadTextContent('../queries/failing.kql')}'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: concat(identifyRepository, [
            {
              name: 'Outcome'
              operator: 'Include'
              values: ['*']
            }
          ])
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [people.id]
    }
  }
}

resource healthTest 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'health-${suffix}'
  location: location
  tags: union(tags, { 'hidden-link:${insightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'health-${suffix}'
    Name: 'Rescan: health'
    Description: 'GET /api/health answers 200'
    Enabled: true
    Kind: 'standard'
    Frequency: 900
    // A cold start may take a while.
    Timeout: 60
    RetryEnabled: true
    Locations: [
      for place in healthTestLocations: {
        Id: place
      }
    ]
    Request: {
      RequestUrl: '${apiUrl}/health'
      HttpVerb: 'GET'
      FollowRedirects: false
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 7
    }
  }
}

resource unhealthy 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'unhealthy-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Rescan: GET /api/health does not answer 200. The app does not start, or its store, engine or timers have a fault.'
    enabled: true
    severity: 1
    scopes: [healthTest.id, insightsId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      componentId: insightsId
      webTestId: healthTest.id
      failedLocationCount: 1
    }
    actions: [
      {
        actionGroupId: people.id
      }
    ]
  }
}
