metadata description = 'Types of the parameters that modules share.'

@export()
@sealed()
@description('One appliance. Its password is no parameter: it is a secret in the vault, set by hand or by a rotation job.')
type appliance = {
  @description('Short name: letters, digits, dots and hyphens.')
  @minLength(1)
  name: string

  @description('https://HOST:PORT of the REST API; the port is 11005 unless changed.')
  @minLength(9)
  baseUrl: string

  @description('Account to sign in with, best a Portal Operator without MFA.')
  @minLength(1)
  username: string

  @description('Name of the secret in the vault that holds the password. Default: NAME-password, in lower case, with hyphens for dots.')
  passwordSecret: string?

  @description('SHA-256 thumbprints of accepted certificates. None: the public roots decide.')
  thumbprints: string[]?

  @description('x-api-version, or auto. Default: 1.0-rev0.')
  apiVersion: string?

  @description('Rescans in flight at once on this appliance. Default: 4.')
  @minValue(1)
  @maxValue(100)
  maxConcurrentRescans: int?
}

@export()
@sealed()
@description('When sessions are polled; what is left out keeps the default of the app.')
type polling = {
  @description('Seconds of delay in noticing the end that one poll is worth, as text: 0.1 to 3600.')
  kappa: string?

  @description('Shortest wait between polls, hh:mm:ss.')
  minInterval: string?

  @description('Longest wait between polls, hh:mm:ss, at most one hour.')
  maxInterval: string?
}

@export()
@sealed()
@description('How the app reaches appliances: straight from the platform (none), through a subnet of your own (subnet), or through a network made here (new).')
type network = {
  @description('none, subnet, or new.')
  kind: 'none' | 'subnet' | 'new'

  @description('kind subnet: its resource id. It must be delegated to Microsoft.App/environments and hold nothing else.')
  subnetId: string?

  @description('kind new: address range of the network. Default: 10.64.0.0/24. Peer it, or give it a VPN, to reach a private appliance.')
  addressPrefix: string?

  @description('kind new: range of the subnet inside it, at least a /27. Default: 10.64.0.0/26.')
  subnetPrefix: string?

  @description('kind new: give the app one fixed public address (NAT gateway), which an appliance\'s security group can name. Default: true.')
  fixedOutboundAddress: bool?
}

@export()
@description('Who runs orchestrations: Azure Storage queues and tables, or a Durable Task Scheduler.')
type durableBackend = 'Storage' | 'Scheduler'

@export()
@description('Tags by name.')
type tags = {
  *: string
}

@export()
@description('App settings by name.')
type settings = {
  *: string
}
