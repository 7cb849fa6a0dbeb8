metadata description = 'Types of the parameters that modules share.'

@export()
@sealed()
@description('One appliance. Its password is no parameter: it is a secret in the vault, set by hand or by a rotation job.')
type appliance = {
  @description('Short name: letters, digits, dots and hyphens.')
  @minLength(1)
  name: string

  @description('What it is. Default: VeeamBackupForAws.')
  kind: 'VeeamBackupForAws' | 'VeeamBackupAndReplication'?

  @description('https://HOST:PORT of the REST API; unless changed the port is 11005 on Veeam Backup for AWS and 9419 on Veeam Backup & Replication.')
  @minLength(9)
  baseUrl: string

  @description('Account to sign in with, without MFA: a Portal Operator on Veeam Backup for AWS, a Backup Administrator on Veeam Backup & Replication.')
  @minLength(1)
  username: string

  @description('Name of the secret in the vault that holds the password. Default: NAME-password, in lower case, with hyphens for dots.')
  passwordSecret: string?

  @description('SHA-256 thumbprints of accepted certificates. None: the public roots decide.')
  thumbprints: string[]?

  @description('x-api-version, or auto. Default: 1.0-rev0 on Veeam Backup for AWS, 1.2-rev1 on Veeam Backup & Replication.')
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
@description('When a run begins by itself, and which repositories it takes; every condition given must hold.')
type schedule = {
  @description('Short name: letters, digits and hyphens. Default: nightly; each has one of its own.')
  @minLength(1)
  @maxLength(40)
  name: string?

  @description('Cron of five fields, or of six with seconds first. Default: 30 1 * * *. Keep clear of the appliance\'s retention, 04:00 its time by default.')
  cron: string?

  @description('Time zone in which that holds, by its IANA or its Windows name. Default: UTC.')
  zone: string?

  @description('Names of appliances. None: all.')
  appliances: string[]?

  @description('Names of repositories, with * and ?. None: all.')
  include: string[]?

  @description('Names left out, likewise.')
  exclude: string[]?

  @description('The S3 bucket.')
  bucket: string?

  @description('The folder in the bucket.')
  folder: string?
}

@export()
@sealed()
@description('Whether what failed in a run is rescanned again by itself.')
type retry = {
  @description('How long after the end of the run, d.hh:mm:ss, 1 second to 1 day. Default: 30 minutes.')
  after: string?

  @description('How often at most. Default: 0, which is never.')
  @minValue(0)
  @maxValue(10)
  atMost: int?
}

@export()
@sealed()
@description('The hooks. Secrets are named, never given: they are in the vault, and the platform reads them from there.')
type webhooks = {
  @description('Names of the vault\'s secrets that sign messages to POST /api/hooks/rescan; several while one is replaced. None: the hook is closed.')
  rescanSecrets: string[]?

  @description('Names of the vault\'s secrets that are keys of EventBridge for POST /api/hooks/s3.')
  s3ApiKeySecrets: string[]?

  @description('Header that carries such a key. Default: x-api-key.')
  s3ApiKeyHeader: string?

  @description('ARNs of the SNS topics that POST /api/hooks/s3 listens to.')
  s3TopicArns: string[]?

  @description('How long no event may have come for a repository before it is rescanned, hh:mm:ss. Default: 10 minutes.')
  s3QuietPeriod: string?

  @description('When a repository is rescanned though events keep coming, hh:mm:ss after the first. Default: 1 hour.')
  s3MaxWait: string?
}

@export()
@sealed()
@description('Sign-in by Microsoft Entra in front of the app, instead of function keys. Roles are the app roles Rescan.Viewer and Rescan.Operator of the registration.')
type signIn = {
  @description('Client id of the app registration that people and programs sign in to. It needs ID tokens, and no secret.')
  @minLength(36)
  @maxLength(36)
  clientId: string

  @description('Id of the tenant. Default: that of the subscription.')
  @minLength(36)
  @maxLength(36)
  tenantId: string?
}

@export()
@sealed()
@description('A place that notifications go to. Its address and its signing secret are in the vault.')
type channel = {
  @description('webhook, slack, teams, ntfy, pagerduty, mail or ping.')
  kind: 'webhook' | 'slack' | 'teams' | 'ntfy' | 'pagerduty' | 'mail' | 'ping'

  @description('Name of the vault\'s secret that holds the address. kind pagerduty: none, except for an account in the EU; mail: none.')
  urlSecret: string?

  @description('Name of its own. Default: its kind.')
  name: string?

  @description('Name of the vault\'s secret that signs (kind webhook), the access token (ntfy, where the topic wants one), the routing key (pagerduty), or the password (mail).')
  secretName: string?

  @description('Which rescans are told: failure tells a problem once and once that it is over, every tells each failure. Default: failure.')
  when: ('never' | 'failure' | 'every' | 'change' | 'always')?

  @description('Which runs over many repositories are told. Default: failure.')
  runs: ('never' | 'failure' | 'every' | 'change' | 'always')?

  @description('kind mail: the server and the addresses.')
  mail: mail?
}

@export()
@sealed()
@description('A server that takes mail, and whom the mail is for. Azure blocks port 25 outwards in most subscriptions.')
type mail = {
  @description('The SMTP server.')
  host: string

  @description('Its port. Default: 587 with starttls, 465 with tls, 25 with none.')
  @minValue(1)
  @maxValue(65535)
  port: int?

  @description('How the connection is encrypted.')
  security: 'starttls' | 'tls' | 'none'

  @description('SHA-256 thumbprints of accepted certificates. None: the public roots decide.')
  thumbprints: string[]?

  @description('Account to sign in with; its password is the secret that secretName names.')
  username: string?

  @description('The sender.')
  from: string

  @description('The recipients.')
  @minLength(1)
  to: string[]
}

@export()
@discriminator('kind')
@description('How the app reaches appliances: straight from the platform (none), through a subnet of your own (subnet), or through a network made here (new).')
type network = networkOfThePlatform | subnetOfYours | networkOfItsOwn

@sealed()
type networkOfThePlatform = {
  kind: 'none'
}

@sealed()
type subnetOfYours = {
  kind: 'subnet'

  @description('Its resource id. It must be delegated to Microsoft.App/environments and hold nothing else.')
  @minLength(1)
  subnetId: string

  @description('From where the app\'s storage and vault are reached. Default: the internet.')
  storageAndVault: reachInYourNetwork?
}

@sealed()
type networkOfItsOwn = {
  kind: 'new'

  @description('Address range of the network. Default: 10.64.0.0/24. Peer it, or give it a VPN, to reach a private appliance.')
  addressPrefix: string?

  @description('Range of the subnet inside it, at least a /27. Default: 10.64.0.0/26.')
  subnetPrefix: string?

  @description('Give the app one fixed public address (NAT gateway), which an appliance\'s security group can name. Default: true.')
  fixedOutboundAddress: bool?

  @description('From where the app\'s storage and vault are reached. Default: the internet.')
  storageAndVault: reachInOwnNetwork?
}

@discriminator('from')
type reachInYourNetwork = fromInternet | fromSubnet | fromYourPrivateEndpoints

@discriminator('from')
type reachInOwnNetwork = fromInternet | fromSubnet | fromOwnPrivateEndpoints

@sealed()
@description('From anywhere, by Entra identities with a role only.')
type fromInternet = {
  from: 'internet'
}

@sealed()
@description('From the app\'s subnet only, by service endpoints, which cost nothing. A subnet of your own needs those of Microsoft.Storage and Microsoft.KeyVault.')
type fromSubnet = {
  from: 'subnet'
}

@sealed()
@description('From networks only, by private endpoints in a subnet of your own.')
type fromYourPrivateEndpoints = {
  from: 'privateEndpoints'

  @description('Resource id of the subnet for the endpoints; not the app\'s.')
  @minLength(1)
  subnetId: string

  @description('Resource ids of your private DNS zones. None: something else, such as a policy, registers the endpoints.')
  zoneIds: privateZones?
}

@sealed()
@description('From networks only, by private endpoints and private DNS zones made here.')
type fromOwnPrivateEndpoints = {
  from: 'privateEndpoints'

  @description('Range of the subnet for the endpoints. Default: 10.64.0.64/27.')
  subnetPrefix: string?
}

@export()
@sealed()
@description('Resource ids of private DNS zones, by what they resolve.')
type privateZones = {
  blob: string
  queue: string
  table: string
  vault: string
}

@export()
@description('From where storage and vault are reached.')
type reach = 'internet' | 'subnet' | 'privateEndpoints'

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
