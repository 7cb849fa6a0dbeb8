metadata description = 'Turns parameters into app settings, spelt as the options classes in functions/Configuration read them.'

import { appliance, polling, settings } from './types.bicep'

@export()
@description('Name of the secret that holds the password of an appliance.')
func passwordSecretOf(one appliance) string => one.?passwordSecret ?? '${replace(toLower(one.name), '.', '-')}-password'

func thumbprintSettings(index int, thumbprints string[]) settings =>
  toObject(range(0, length(thumbprints)), i => 'Rescan__Appliances__${index}__Thumbprints__${i}', i => thumbprints[i])

func oneAppliance(index int, one appliance) settings =>
  union(
    {
      'Rescan__Appliances__${index}__Name': one.name
      'Rescan__Appliances__${index}__BaseUrl': one.baseUrl
      'Rescan__Appliances__${index}__Username': one.username
      'Rescan__Appliances__${index}__PasswordSecret': passwordSecretOf(one)
      'Rescan__Appliances__${index}__ApiVersion': one.?apiVersion ?? '1.0-rev0'
      'Rescan__Appliances__${index}__MaxConcurrentRescans': string(one.?maxConcurrentRescans ?? 4)
    },
    thumbprintSettings(index, one.?thumbprints ?? [])
  )

@export()
@description('Settings of all appliances.')
func applianceSettings(appliances appliance[]) settings =>
  reduce(map(appliances, (one, index) => oneAppliance(index, one)), {}, (all, one) => union(all, one))

@export()
@description('Settings of polling; nothing for what keeps its default.')
func pollingSettings(values polling) settings =>
  union(
    contains(values, 'kappa') ? { Rescan__Polling__Kappa: values.kappa! } : {},
    contains(values, 'minInterval') ? { Rescan__Polling__MinInterval: values.minInterval! } : {},
    contains(values, 'maxInterval') ? { Rescan__Polling__MaxInterval: values.maxInterval! } : {}
  )
